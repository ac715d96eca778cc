// What holds for every page: it fits a phone, anybody can use it, and it speaks the language that was chosen.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { after, before, describe, test } from 'node:test'
import { inTab, launch, PHONE, settled, STACK } from './browser.mjs'
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
    for (const { name, path } of pages) {
      await inTab(browser, `axe-${theme}-${name}`, { theme }, async (page) => {
        await page.goto(path)
        await settled(page)
        assert.deepEqual(await barriers(page), [], path)
      })
    }
  })
}

test('every page fits a phone, and can be used there', async () => {
  for (const { name, path } of pages) {
    await inTab(browser, `phone-${name}`, { viewport: PHONE, hasTouch: true }, async (page) => {
      await page.goto(path)
      await settled(page)
      assert.equal(await width(page), 0, `${path} scrolls sideways`)
      assert.deepEqual(await barriers(page), [], path)
    })
  }
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
      await page.getByRole('option').first().waitFor()
    },
    ignore: async (page) => {
      await page.goto(`/stacks/${STACK}/services/quiet`)
      await page.getByRole('button', { name: 'Ignore…' }).first().click()
      await page.getByRole('dialog').getByText('hides').waitFor()
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
  for (const { name, path } of pages) {
    await inTab(browser, `chinese-${name}`, { locale: 'zh-CN', viewport: PHONE }, async (page) => {
      await page.goto(path)
      await settled(page)
      assert.match((await page.locator('main h1, main p').first().textContent()) ?? '', /./)
      assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh')
      await page.getByRole('button', { name: '菜单' }).waitFor()
      assert.equal(await width(page), 0, `${path} scrolls sideways`)
    })
  }
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
