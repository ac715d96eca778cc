// Starts the browser, and watches what it says while it is used.
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

export const BASE = (process.env.DOCKREV_URL ?? 'http://127.0.0.1:8686').replace(/\/$/, '')
export const STACK = process.env.DOCKREV_E2E_STACK ?? 'dockrev-e2e'
export const OUT = process.env.DOCKREV_E2E_OUT ?? join(tmpdir(), 'dockrev-e2e')

export const DESK = { width: 1440, height: 900 }
export const PHONE = { width: 360, height: 740 }

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
]

export const launch = () =>
  chromium.launch({ executablePath: process.env.DOCKREV_CHROMIUM ?? '/usr/bin/chromium', args: FLAGS })

/** Opens a tab. What the console says that it should not is in `complaints`. */
export async function openTab(browser, { viewport = DESK, theme = 'light', locale = 'en-GB', ...more } = {}) {
  const context = await browser.newContext({ baseURL: BASE, viewport, colorScheme: theme, locale, ...more })
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  const complaints = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => complaints.push(`exception: ${error.message}`))
  return { page, context, complaints }
}

/** Waits until a page shows what it has to show, and nothing is on its way any more. */
export async function settled(page) {
  await page.locator('main h1').waitFor()
  await page.waitForFunction(() => !document.querySelector('main [role=status][aria-label]'))
}

export async function keepPicture(page, name) {
  await mkdir(OUT, { recursive: true })
  await page.screenshot({ path: join(OUT, `${name}.png`) })
}
