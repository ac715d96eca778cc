// Starts the browser, and watches what it says while it is used.
import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

export const BASE = (process.env.DOCKREV_URL ?? 'http://127.0.0.1:8686').replace(/\/$/, '')
export const STACK = process.env.DOCKREV_E2E_STACK ?? 'dockrev-e2e'
export const OUT = process.env.DOCKREV_E2E_OUT ?? join(tmpdir(), 'dockrev-e2e')

export const DESK = { width: 1440, height: 900 }
export const PHONE = { width: 360, height: 740 }

/** How long anything but a job may take to be seen, in ms. */
const SEEN_MS = 20_000
/** How long a job may take: a machine that does much else is slow. */
export const JOB_MS = 240_000

/** An engine on this machine made or removed a network: the browser asks again, and so does the page. */
const OF_THE_MACHINE = 'net::ERR_NETWORK_CHANGED'

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
  page.setDefaultTimeout(SEEN_MS)
  const complaints = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !message.text().includes(OF_THE_MACHINE))
      complaints.push(`${message.type()}: ${message.text()} (${page.url()})`)
  })
  page.on('pageerror', (error) => complaints.push(`exception: ${error.message} (${page.url()})`))
  return { page, context, complaints }
}

/** Does something in a tab of its own. Where it fails, a picture is kept; a console that complains is a failure. */
export async function inTab(browser, name, options, act) {
  const { page, context, complaints } = await openTab(browser, options)
  try {
    await act(page)
    assert.deepEqual(complaints, [], 'the console complains')
  } catch (error) {
    await keepPicture(page, `failed-${name}`).catch(() => undefined)
    throw error
  } finally {
    await context.close()
  }
}

/** Waits until a page shows what it has to show. */
export async function settled(page) {
  await page.locator('main h1').waitFor()
  await page.waitForFunction(() => !document.querySelector('main [data-placeholder]'))
}

export async function keepPicture(page, name, more = {}) {
  await mkdir(OUT, { recursive: true })
  await page.screenshot({ path: join(OUT, `${name}.png`), ...more })
}

/** Asks the server itself, for what a page is to be compared with. */
export async function ask(path, body) {
  const init = body && {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }
  const answer = await fetch(`${BASE}/api/v1/${path}`, init)
  assert.ok(answer.ok, `${path}: ${answer.status}`)
  return answer.json()
}
