// Writes a picture of each page to DOCKREV_E2E_OUT.
import { keepPicture, launch, openTab, OUT, PHONE, settled } from './browser.mjs'
import { everyPage } from './every-page.mjs'

/** Pages that are pictured on a phone, too. */
const ON_A_PHONE = new Set(['overview', 'service', 'plan', 'jobs', 'job-rolled-back'])

const browser = await launch()
for (const { name, path } of await everyPage()) {
  const views = [{ theme: 'light' }, { theme: 'dark' }]
  if (ON_A_PHONE.has(name)) views.push({ theme: 'light', viewport: PHONE }, { theme: 'dark', viewport: PHONE })
  for (const view of views) {
    const { page, context } = await openTab(browser, view)
    await page.goto(path)
    await settled(page)
    await keepPicture(page, [name, view.theme, ...(view.viewport ? ['phone'] : [])].join('-'))
    await context.close()
  }
}
await browser.close()
console.log(`pictures are in ${OUT}`)
