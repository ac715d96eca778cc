// How soon the overview can be used, in a real browser: prints JSON, all in ms from the moment at which it was asked for.
import { BASE, DESK, launch, openTab } from './browser.mjs'

/** Visits, each with an empty cache; the middle one counts. */
const VISITS = 7

const middle = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]

const browser = await launch()
const visits = []
try {
  for (let visit = 0; visit < VISITS; visit += 1) {
    const { page, context } = await openTab(browser, { viewport: DESK })
    await page.goto(`${BASE}/`, { waitUntil: 'commit' })
    // A service is there, and the search takes what is typed.
    await page.getByText('service-0').first().waitFor()
    await page.locator('input[type=search]').first().fill('service-1')
    const times = await page.evaluate(() => ({
      usable: performance.now(),
      painted: performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
    }))
    visits.push(times)
    await context.close()
  }
} finally {
  await browser.close()
}
const of = (name) => Math.round(middle(visits.map((visit) => visit[name] ?? Infinity)))
console.log(JSON.stringify({ visits: visits.length, first_content_ms: of('painted'), usable_ms: of('usable') }))
