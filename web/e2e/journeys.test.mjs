// What people do with the page, from the beginning to the end, against a real server, engine and registry.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { ask, inTab, JOB_MS, launch, settled, STACK } from './browser.mjs'

let browser
before(async () => {
  browser = await launch()
})
after(() => browser?.close())

const service = (name) => `/stacks/${STACK}/services/${name}`
const row = (page, name) => page.getByRole('row').filter({ has: page.locator(`a[href="${service(name)}"]`) })

/** Has an update of one service planned and started from the overview, and comes to its job. */
async function update(page, name) {
  await page.goto('/')
  await row(page, name)
    .getByRole('button', { name: `Update ${STACK}/${name}` })
    .click()
  await page.waitForURL(/\/plans\//)
  await page.getByRole('heading', { level: 1, name: `${STACK}/${name}` }).waitFor()
  await page.getByRole('button', { name: 'Start the update' }).click()
  await page.waitForURL(/\/jobs\//)
}

const stage = (page, name, list = 'Stages') =>
  page.getByRole('list', { name: list, exact: true }).locator(`[data-stage="${name}"]`)
const becomes = (page, state) =>
  page.locator('main [role=status]', { hasText: state }).first().waitFor({ timeout: JOB_MS })

test('news are seen', async () => {
  await inTab(browser, 'news', {}, async (page) => {
    await page.goto('/')
    await page.getByRole('button', { name: 'Check now' }).click()
    await page.getByText('The registries are being asked').waitFor()
    await page.getByRole('button', { name: 'Check now', disabled: false }).waitFor({ timeout: JOB_MS })
    for (const [name, status] of [
      ['web', 'Update'],
      ['worker', 'Update'],
      ['bad', 'Update'],
      ['elsewhere', 'Held'],
      ['quiet', 'Held'],
      ['current', 'Up to date'],
    ]) {
      await row(page, name).getByRole('cell').getByText(status, { exact: true }).first().waitFor()
    }
    await row(page, 'quiet').getByText('ignored').waitFor()
    await page.getByRole('button', { name: /^Held/ }).click()
    await page.waitForURL(/status=/)
    await row(page, 'web').waitFor({ state: 'detached' })
    await row(page, 'elsewhere').waitFor()
    await page.reload()
    await row(page, 'elsewhere').waitFor()
    assert.equal(await row(page, 'web').count(), 0, 'the filter is in the address')
  })
})

test('a tag is ignored, with a look at what that hides, and shown again', async () => {
  await inTab(browser, 'ignore', {}, async (page) => {
    await page.goto(service('elsewhere'))
    const tags = page.getByRole('list', { name: 'Tags that were considered' })
    const tag = (await tags.getByRole('listitem').first().locator('code').first().textContent()) ?? ''
    await tags.getByRole('button', { name: `Ignore ${tag}` }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('list', { name: 'What it hides' }).getByText(tag, { exact: true }).waitFor()
    await dialog.getByText('hides 1 tag').waitFor()
    await dialog.getByLabel('Note').fill('not on this machine')
    await dialog.getByRole('button', { name: 'Add rule' }).click()
    await dialog.waitFor({ state: 'detached' })
    await page.getByText('not on this machine').waitFor()
    await tags.getByRole('listitem').filter({ hasText: tag }).getByText('ignored by rule').waitFor({ timeout: JOB_MS })

    await page.goto('/ignore-rules')
    await page
      .getByRole('listitem')
      .filter({ hasText: `${STACK}/elsewhere` })
      .getByRole('button')
      .click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await page
      .getByRole('listitem')
      .filter({ hasText: `${STACK}/elsewhere` })
      .waitFor({ state: 'detached' })
  })
})

test('a tag of a container without a stack is ignored, too', async () => {
  const { items } = await ask('services?limit=1000')
  const container = items.find(({ stack, name }) => !stack && name === `${STACK}-alone`)
  assert.ok(container, 'there is a container without a stack')
  const path = `/containers/${encodeURIComponent(container.name)}`
  await inTab(browser, 'ignore-container', {}, async (page) => {
    await page.goto(path)
    await page.getByRole('button', { name: 'Ignore…', exact: true }).first().click()
    const dialog = page.getByRole('dialog', { name: `Ignore tags of ${container.name}` })
    await dialog.getByLabel('Tag or pattern').fill('no-such-tag')
    await dialog.getByText('it would hide none').waitFor()
    await dialog.getByRole('button', { name: 'Add rule' }).click()
    await dialog.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Remove the rule no-such-tag' }).waitFor()

    await page.goto('/ignore-rules')
    const rule = page.getByRole('listitem').filter({ has: page.locator(`a[href="${path}"]`) })
    await rule.filter({ hasText: 'no-such-tag' }).getByRole('button').click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await rule.filter({ hasText: 'no-such-tag' }).waitFor({ state: 'detached' })
  })
})

test('a service says what it goes by, and what says so', async () => {
  await inTab(browser, 'own-settings', {}, async (page) => {
    await page.goto(`${service('worker')}?tab=settings`)
    const set = page.getByRole('list', { name: 'Set for it' })
    for (const text of ['minor,patch', 'dockrev.levels', 'a command', 'dockrev.backup-before']) {
      await set.getByText(text, { exact: true }).first().waitFor()
    }
    assert.equal(await set.getByRole('listitem').count(), 2)
    const others = page.getByRole('list', { name: /left at the default$/ })
    assert.equal(await others.count(), 0, 'what nothing says anything about is folded away')
    await page.getByText(/left at the default$/).click()
    await others.getByRole('listitem').first().waitFor()
  })
})

test('what is copied before an update is measured when somebody wants to know', async () => {
  await inTab(browser, 'own-backup', {}, async (page) => {
    let measured = 0
    page.on('request', (request) => {
      if (request.url().endsWith('/services/web/backup')) measured += 1
    })
    await page.goto(service('web'))
    const part = page.getByText('What is copied before an update')
    await part.waitFor()
    await settled(page)
    assert.equal(measured, 0, 'it is not measured by the way')
    await part.click()
    await page.getByRole('button', { name: 'Measure again' }).waitFor({ timeout: JOB_MS })
    await page.locator('main li[data-state="copied"]').first().waitFor({ state: 'attached' })
    assert.equal(measured, 1)
  })
})

test('an update is watched live to its success', async () => {
  await inTab(browser, 'update', {}, async (page) => {
    await update(page, 'web')
    for (const name of ['preflight', 'pull', 'backup', 'apply', 'verify']) {
      await page.locator(`[data-stage="${name}"][data-state="done"]`).waitFor({ timeout: JOB_MS })
    }
    await becomes(page, 'Updated')
    await page.getByRole('heading', { name: 'Health probes' }).waitFor()
    await page.getByRole('log').getByText('compose up').first().waitFor()
    assert.match((await page.getByRole('log').locator('time').first().textContent()) ?? '', /^\d+\.\d s$/)
    await page.getByText('Not known to be up').waitFor()
    await page.getByText(/^at most \d/).waitFor()
    await page.getByRole('button', { name: 'Roll back' }).click()
    await page.getByRole('dialog').getByText('Put the data back, too').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })

    await page.getByRole('link', { name: 'To the plan' }).click()
    await page.waitForURL(/\/plans\//)
    const started = page.url()
    await page.getByRole('button', { name: 'Plan again', exact: true }).click()
    await page.waitForURL((url) => url.pathname.startsWith('/plans/') && url.href !== started)
    await page.getByText('There is nothing to change').waitFor()
  })
})

test('a bad update goes back, and shows why', async () => {
  await inTab(browser, 'bad', {}, async (page) => {
    await update(page, 'bad')
    await becomes(page, 'Rolled back')
    await stage(page, 'verify').and(page.locator('[data-state="failed"]')).waitFor()
    await stage(page, 'apply', 'The way back').and(page.locator('[data-state="done"]')).waitFor()
    const evidence = page.getByRole('region', { name: 'Why it failed' })
    await evidence.getByText('is unhealthy').waitFor()
    await evidence.getByText('verify.not-healthy').waitFor()
    await evidence.getByText('What the new container wrote last').waitFor()
    await page.goto('/')
    await row(page, 'bad').getByText('Held', { exact: true }).waitFor({ timeout: JOB_MS })
  })
})

test('a slow update is stopped, and undoes itself', async () => {
  await inTab(browser, 'cancel', {}, async (page) => {
    await update(page, 'slow')
    await page.locator('[data-stage="verify"][data-state="running"]').waitFor({ timeout: JOB_MS })
    await page.getByRole('button', { name: 'Stop and undo' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Stop and undo' }).click()
    await becomes(page, 'Rolled back')
    await page.goto('/jobs?state=rolled-back')
    await page.getByRole('list', { name: 'Jobs' }).getByText(`${STACK}/slow`).first().waitFor()
  })
})

test('the keyboard alone finds a service and updates it', async () => {
  await inTab(browser, 'keyboard', {}, async (page) => {
    await page.goto('/jobs')
    await settled(page)
    await page.keyboard.press('g')
    await page.keyboard.press('o')
    await row(page, 'worker').waitFor()
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('/')
    await page.keyboard.type('worker')
    await row(page, 'current').waitFor({ state: 'detached' })
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Find or do' }).waitFor()
    await page.keyboard.type('worker')
    await page.getByRole('option', { name: `${STACK}/worker` }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'worker' }).waitFor()
    await tabTo(page, 'Plan update')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/plans\//)
    await tabTo(page, 'Start the update')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/jobs\//)
    await becomes(page, 'Updated')
  })
})

test('the audit trail is searched, and what was found is kept', async () => {
  await inTab(browser, 'audit', {}, async (page) => {
    await page.goto('/audit')
    const trail = page.getByRole('list', { name: 'Audit trail' })
    const caller = trail.getByRole('link').first()
    const who = await caller.textContent()
    await caller.click()
    await page.waitForURL(/who=/)
    await page.getByLabel('Outcome').selectOption('Done')
    await page.waitForURL(/failed=false/)
    await page.getByLabel('Search the audit trail').fill('POST /api/v1/plans')
    await page.waitForURL(/q=/)
    await page.reload()
    assert.equal(await page.getByLabel('Who', { exact: true }).inputValue(), who)
    await trail.getByText('/plans').first().waitFor()

    const download = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Download' }).click()
    const file = await download
    assert.equal(file.suggestedFilename(), 'dockrev-audit.jsonl')
    const lines = (await readFile(await file.path(), 'utf8')).trim().split('\n')
    for (const entry of lines.map((line) => JSON.parse(line))) {
      assert.equal(entry.who, who)
      assert.equal(entry.action, 'POST /api/v1/plans')
      assert.ok(entry.status < 400)
    }

    await page.getByLabel('Who', { exact: true }).fill('user:nobody')
    await page.getByText('No entry fits these filters').waitFor()
  })
})

/** Presses Tab until a button has the focus; it may be some way, and must not be endless. */
async function tabTo(page, name) {
  const button = page.getByRole('button', { name })
  await button.waitFor()
  for (let presses = 0; presses < 40; presses += 1) {
    if (await button.evaluate((element) => element === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  assert.fail(`Tab does not come to "${name}"`)
}
