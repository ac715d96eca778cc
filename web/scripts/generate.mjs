// Makes the types of the API from its description. With `--check` it writes nothing, and fails where they are stale.
import { readFile, writeFile } from 'node:fs/promises'
import openapiTS, { astToString } from 'openapi-typescript'

const DESCRIPTION = new URL('../../docs/openapi.json', import.meta.url)
const TYPES = new URL('../src/api/schema.gen.ts', import.meta.url)
const HEAD = '// Made from docs/openapi.json by `npm run gen`. Not to be changed by hand.\n\n'

const text = HEAD + astToString(await openapiTS(DESCRIPTION, { alphabetize: true, defaultNonNullable: false }))
if (process.argv.includes('--check')) {
  const there = await readFile(TYPES, 'utf8').catch(() => '')
  if (there !== text) {
    console.error('src/api/schema.gen.ts is stale: run `npm run gen`')
    process.exit(1)
  }
  console.log('src/api/schema.gen.ts fits docs/openapi.json')
} else {
  await writeFile(TYPES, text)
}
