import { describe, expect, it } from 'vitest'
import { given, lazyFields } from './lazy-fields.ts'

describe('fields that are made when they are asked for', () => {
  const withList = lazyFields({ list: given<number[]> })

  it('are its own, as a copy and a clone show', () => {
    const object = withList({ type: 'a' }, () => [1])
    expect({ ...object }).toEqual({ type: 'a', list: [1] })
    expect(structuredClone(object)).toEqual({ type: 'a', list: [1] })
    expect(JSON.stringify(object)).toBe('{"type":"a","list":[1]}')
  })

  it('have one getter for all objects: with their own, garbage would stay until a full collection', () => {
    const one = withList({}, () => [1])
    const other = withList({}, () => [2])
    const getter = (object: object) => Object.getOwnPropertyDescriptor(object, 'list')?.get
    expect(getter(one)).toBeTypeOf('function')
    expect(getter(one)).toBe(getter(other))
    expect([one.list, other.list]).toEqual([[1], [2]])
  })
})
