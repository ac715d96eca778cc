import { expect, test } from 'vitest'
import { en } from './en'
import { zh } from './zh'

/** Words that are the same in both languages on purpose: names, and examples of what is typed. */
const SAME = /^(none|.*\.examples\..*|.*\.facts\.compose|logSource\..*)$/

function leaves(words: object, path = ''): [string, unknown][] {
  return Object.entries(words).flatMap(([key, value]: [string, unknown]) => {
    const name = path ? `${path}.${key}` : key
    return typeof value === 'object' && value !== null ? leaves(value, name) : [[name, value]]
  })
}

test('every word is translated, and takes as many arguments', () => {
  const chinese = new Map(leaves(zh))
  for (const [name, word] of leaves(en)) {
    const other = chinese.get(name)
    expect(typeof other, name).toBe(typeof word)
    if (!SAME.test(name) && typeof word === 'string') expect(other, name).not.toBe(word)
    if (typeof word === 'function' && typeof other === 'function') expect(other.length, name).toBe(word.length)
  }
  expect(chinese.size).toBe(leaves(en).length)
})
