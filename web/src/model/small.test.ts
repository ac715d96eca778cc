import { expect, test } from 'vitest'
import { mayAdminister, mayCheck, mayStart } from './access'
import { find } from './palette'

test('a scope includes those before it', () => {
  expect([mayCheck('read'), mayCheck('check'), mayStart('check')]).toEqual([false, true, false])
  expect([mayStart('admin'), mayAdminister('update'), mayAdminister('admin')]).toEqual([true, false, true])
})

test('what begins with the words is found first', () => {
  const items = ['Overview', 'shop/newsweb', 'shop/web', 'blog/web']
  expect(find(items, 'web', (item) => item)).toEqual(['shop/web', 'blog/web', 'shop/newsweb'])
  expect(find(items, 'blog web', (item) => item)).toEqual(['blog/web'])
  expect(find(items, '', (item) => item)).toEqual(items)
})
