// Adds up what a browser loads before it shows the first page, and fails where that is too much.
import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'

/** Most compressed JavaScript for the first view, in bytes. */
const MAX_BYTES = 200 * 1024
/** The pages that may come first: each with what it imports. */
const ENTRIES = ['index.html', 'src/pages/overview/overview-page.tsx']

const dist = new URL('../dist/', import.meta.url)
const manifest = JSON.parse(await readFile(new URL('manifest.json', dist), 'utf8'))
const files = new Set(['theme.js'])
const seen = new Set()
function add(name) {
  const chunk = manifest[name]
  if (!chunk || seen.has(name)) return
  seen.add(name)
  files.add(chunk.file)
  for (const css of chunk.css ?? []) files.add(css)
  for (const needed of chunk.imports ?? []) add(needed)
}
ENTRIES.forEach(add)

const sums = { js: 0, css: 0 }
for (const file of files) {
  const bytes = gzipSync(await readFile(new URL(file, dist)), { level: 9 }).length
  sums[file.endsWith('.css') ? 'css' : 'js'] += bytes
  console.log(`${(bytes / 1024).toFixed(1).padStart(7)} KiB  ${file}`)
}
console.log(
  `first view, compressed: ${(sums.js / 1024).toFixed(1)} KiB of JavaScript, ${(sums.css / 1024).toFixed(1)} KiB of CSS`,
)
if (sums.js > MAX_BYTES) {
  console.error(`too much JavaScript: at most ${MAX_BYTES / 1024} KiB are allowed`)
  process.exit(1)
}
