import { describe, expect, it } from 'vitest'
import { allCases } from './all-cases.ts'
import { bip, core, isPlace, onMessage, places, TCP_STREAM, wiki } from './places.ts'

describe('the place of a rule', () => {
  it('of each case can be looked up, and has a sentence', () => {
    const without = allCases.filter(({ source }) => !isPlace(source.place) || !source.says.endsWith('.'))
    expect(without.map(({ name }) => name)).toEqual([])
  })

  it.each([
    bip(152, 'getblocktxn'),
    core('net.cpp', 'V1Transport::readHeader'),
    onMessage('sendaddrv2'),
    onMessage(),
    wiki('version'),
    TCP_STREAM,
    places(bip(61, 'Compatibility'), onMessage()),
  ])('may be %s', (place) => {
    expect(place).toSatisfy(isPlace)
  })

  it.each([
    '',
    'BIP152',
    'BIP152, "No such heading"',
    'BIP9999, "Specification"',
    'Core net.cpp',
    'Core net.cpp, NoSuchFunction',
    'Plain sense',
    'BIP31, "Specification"; ',
    'BIP31, "Specification"; plain sense',
    'Protocol documentation',
  ])('is not %j', (text) => {
    expect(text).not.toSatisfy(isPlace)
  })
})

it('what must or should be so rests on a text, but for what nothing is to fall over', () => {
  const survives = (accepts: readonly string[]): boolean =>
    accepts.includes('program runs') || ['alive', 'closed'].every((outcome) => accepts.includes(outcome))
  const named = allCases
    .filter(({ level }) => level === 'must' || level === 'should')
    .filter(({ accepts, source }) => source.place.startsWith('Core ') && !survives(accepts))
  expect(named.map(({ name }) => name)).toEqual([])
})
