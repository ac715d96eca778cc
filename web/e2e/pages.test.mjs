// What holds for every page: it fits a phone, anybody can use it, and it speaks the language that was chosen.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { after, before, describe, test } from 'node:test'
import { ask, inTab, launch, openTab, PHONE, settled, STACK } from './browser.mjs'
import { everyPage } from './every-page.mjs'

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let browser
let pages
before(async () => {
  browser = await launch()
  pages = await everyPage()
})
after(() => browser?.close())

/** What axe finds that keeps people out. */
async function barriers(page) {
  // Past the page's policy for scripts, as the tools of a browser are.
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }))
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} ${target}: ${failureSummary}`))
}

/** By how much a page is wider than the window, in pixels. */
const width = (page) =>
  page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth))

for (const theme of ['light', 'dark']) {
  test(`nobody is kept out, ${theme}`, async () => {
    await inTab(browser, `axe-${theme}`, { theme }, async (page) => {
      for (const { path } of pages) {
        await page.goto(path)
        await settled(page)
        assert.deepEqual(await barriers(page), [], path)
      }
    })
  })
}

test('every page fits a phone, and nobody is kept out there', async () => {
  await inTab(browser, 'phone', { viewport: PHONE, hasTouch: true }, async (page) => {
    for (const { path } of pages) {
      await page.goto(path)
      await settled(page)
      assert.equal(await width(page), 0, `${path} scrolls sideways`)
      assert.deepEqual(await barriers(page), [], path)
    }
  })
})

test('what is folded away fits a phone when it is opened, and nobody is kept out', async () => {
  await inTab(browser, 'folded', { viewport: PHONE, theme: 'dark' }, async (page) => {
    const parts = [
      {
        path: '?tab=settings',
        opens: /left at the default$/,
        shows: page.getByRole('list', { name: /left at the default$/ }),
      },
      {
        path: '',
        opens: 'What is copied before an update',
        shows: page.getByRole('button', { name: 'Measure again' }),
      },
    ]
    for (const { path, opens, shows } of parts) {
      await page.goto(`/stacks/${STACK}/services/web${path}`)
      await page.getByText(opens).click()
      await shows.waitFor()
      assert.equal(await width(page), 0, `${path} scrolls sideways`)
      assert.deepEqual(await barriers(page), [], path)
    }
  })
})

describe('dialogs', () => {
  const dialogs = {
    menu: async (page) => {
      await page.goto('/')
      await page.getByRole('button', { name: 'Menu' }).click()
    },
    palette: async (page) => {
      await page.goto('/')
      await settled(page)
      await page.keyboard.press('Control+k')
      await page.getByRole('dialog').getByRole('option').first().waitFor()
    },
    ignore: async (page) => {
      await page.goto(`/stacks/${STACK}/services/quiet`)
      await page.getByRole('button', { name: 'Ignore…' }).first().click()
      await page
        .getByRole('dialog')
        .getByText(/^hides/)
        .waitFor()
    },
  }
  for (const [name, open] of Object.entries(dialogs)) {
    test(`${name}: fits a phone, nobody is kept out, Escape closes it`, async () => {
      await inTab(browser, `dialog-${name}`, { viewport: PHONE, theme: 'dark' }, async (page) => {
        await open(page)
        await page.getByRole('dialog').waitFor()
        assert.equal(await width(page), 0)
        assert.deepEqual(await barriers(page), [])
        await page.keyboard.press('Escape')
        await page.getByRole('dialog').waitFor({ state: 'detached' })
      })
    })
  }
})

test('it is as dark as the system, until somebody says otherwise', async () => {
  await inTab(browser, 'theme', { theme: 'dark' }, async (page) => {
    await page.goto('/')
    const lightness = () => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)
    assert.equal(await lightness(), 'dark')
    await page.getByRole('button', { name: 'Theme' }).click()
    await page.getByRole('menuitemradio', { name: 'Light' }).click()
    assert.equal(await lightness(), 'light')
    await page.reload()
    assert.equal(await lightness(), 'light', 'the choice is kept')
  })
})

test('it speaks Chinese with a browser that does, and English when that is chosen', async () => {
  await inTab(browser, 'chinese', { locale: 'zh-CN', viewport: PHONE }, async (page) => {
    for (const { path } of pages) {
      await page.goto(path)
      await settled(page)
      await page.getByRole('button', { name: '菜单' }).waitFor()
      assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh')
      assert.equal(await width(page), 0, `${path} scrolls sideways`)
    }
  })
  await inTab(browser, 'chinese-to-english', { locale: 'zh-CN' }, async (page) => {
    await page.goto('/')
    await page.getByRole('heading', { level: 1, name: '概览' }).waitFor()
    await page.getByRole('button', { name: '语言' }).click()
    await page.getByRole('menuitemradio', { name: 'English' }).click()
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    await page.reload()
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
  })
})

/** Has the server answer with a problem. What the console says of that is expected. */
async function withProblem(url, status, json, look) {
  const { page, context } = await openTab(browser)
  await page.route(url, (route) => route.fulfill({ status, json }))
  await page.goto('/')
  await look(page)
  assert.deepEqual(await barriers(page), [])
  await context.close()
}

test('who is not known is told how to get in', async () => {
  const problem = { code: 'access.unknown', message: 'it is not known who asks' }
  await withProblem('**/api/v1/**', 401, problem, async (page) => {
    await page.getByRole('heading', { level: 1, name: 'Who are you?' }).waitFor()
    await page.getByText('dockrev token add').waitFor()
  })
})

test('what went wrong is told in the words of the server, with what to do', async () => {
  const problem = { code: 'engine.unreachable', message: 'no engine at `/run/x.sock`', hint: 'is it running?' }
  await withProblem('**/api/v1/services?*', 503, problem, async (page) => {
    const note = page.getByRole('alert')
    for (const text of ['no engine at', 'is it running?', 'engine.unreachable']) await note.getByText(text).waitFor()
    await page.unroute('**/api/v1/services?*')
    await note.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('table').waitFor()
  })
})

/** Most rows that may be there at once, whatever the length of the list. */
const ROWS_MAX = 100
/** Longest time that the page may compute for a step of the wheel, in ms: two frames. Of a processor, which others use, too. */
const STEP_MAX_MS = 33
const STEPS = 40

test('500 services do not make it stutter', async () => {
  await inTab(browser, 'many', {}, async (page) => {
    const [one] = (await ask('services?limit=1')).items
    const items = Array.from({ length: 500 }, (_, index) => {
      const place = { stack: `stack-${Math.floor(index / 20)}`, name: `service-${index}` }
      return { ...one, ...place, kind: 'service', status: ['update', 'held', 'up-to-date'][index % 3] }
    })
    await page.route('**/api/v1/services?*', (route) => route.fulfill({ json: { items, next_cursor: null } }))
    await page.goto('/')
    await page.getByRole('link', { name: 'service-0', exact: true }).waitFor()
    const before = await computed(page)
    await page.mouse.move(700, 500)
    for (let step = 0; step < STEPS; step += 1) await page.mouse.wheel(0, 600)
    await page.getByRole('link', { name: 'service-499', exact: true }).waitFor()
    const perStep = ((await computed(page)) - before) / STEPS
    assert.ok(perStep < STEP_MAX_MS, `computes ${perStep.toFixed(1)} ms for a step`)
    assert.ok((await page.getByRole('row').count()) < ROWS_MAX, 'only what is in view is there')
    await page.getByRole('searchbox', { name: 'Filter services' }).fill('service-123')
    await page.getByRole('link', { name: 'service-123', exact: true }).waitFor()
    await page.getByRole('link', { name: 'service-499', exact: true }).waitFor({ state: 'detached' })
  })
})

/** How long the page has computed, in ms of processor time. */
async function computed(page) {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  const { metrics } = await session.send('Performance.getMetrics')
  await session.detach()
  return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0)
}
