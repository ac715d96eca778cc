// Writes a squeezed form beside each file of the built page: the server hands that out to whoever can read it.
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'

const DIST = new URL('../dist', import.meta.url).pathname
/** What is text. Pictures and fonts are squeezed already. */
const KINDS = new Set(['.html', '.js', '.css', '.json', '.svg', '.webmanifest'])
/** Below this, the answer's headers are longer than what is saved. */
const SMALLEST_BYTES = 512

for (const entry of await readdir(DIST, { recursive: true })) {
  const file = join(DIST, entry)
  if (extname(file) === '.br') await rm(file)
}
for (const entry of await readdir(DIST, { recursive: true })) {
  const file = join(DIST, entry)
  if (!KINDS.has(extname(file)) || (await stat(file)).size < SMALLEST_BYTES) continue
  const content = await readFile(file)
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
  }
  await writeFile(`${file}.br`, brotliCompressSync(content, { params }))
}
