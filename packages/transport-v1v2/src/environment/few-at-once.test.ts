import { expect, it } from 'vitest'
import { FewAtOnce } from './few-at-once.ts'

const turns = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await Promise.resolve()
}

it('lets two work at a time, the others in their order, also after one that failed', async () => {
  const few = new FewAtOnce(2)
  const started: number[] = []
  const ends: { readonly done: () => void; readonly fail: (error: Error) => void }[] = []
  const works = [0, 1, 2, 3].map((index) =>
    few.run(async () => {
      started.push(index)
      await new Promise<void>((done, fail) => ends.push({ done, fail }))
      return index
    }),
  )
  await turns()
  expect(started).toEqual([0, 1])
  ends[0]!.fail(new Error('gone'))
  await expect(works[0]).rejects.toThrow('gone')
  await turns()
  expect(started).toEqual([0, 1, 2])
  ends[1]!.done()
  ends[2]!.done()
  await turns()
  expect(started).toEqual([0, 1, 2, 3])
  ends[3]!.done()
  expect(await Promise.all(works.slice(1))).toEqual([1, 2, 3])
})

it('passes over who waits no longer', async () => {
  const one = new FewAtOnce(1)
  const done: string[] = []
  let end = (): void => undefined
  const first = one.run(() => new Promise<void>((resolve) => (end = resolve)))
  const leaving = new AbortController()
  const left = one.run(async () => done.push('left'), leaving.signal)
  const last = one.run(async () => done.push('last'))
  leaving.abort(new Error('gone'))
  await expect(left).rejects.toThrow('gone')
  end()
  await Promise.all([first, last])
  expect(done).toEqual(['last'])
  await expect(one.run(async () => done.push('never'), leaving.signal)).rejects.toThrow('gone')
})

it.each([...Array(12).keys()])(
  'loses no turn that comes as its owner leaves: after %i steps',
  async (steps) => {
    const one = new FewAtOnce(1)
    const done: string[] = []
    let end = (): void => undefined
    const first = one.run(() => new Promise<void>((resolve) => (end = resolve)))
    const leaving = new AbortController()
    const leave = one.run(async () => done.push('left'), leaving.signal).catch(() => undefined)
    const last = one.run(async () => done.push('last'))
    end()
    for (let step = 0; step < steps; step++) await Promise.resolve()
    leaving.abort(new Error('gone'))
    await Promise.all([first, leave, last])
    expect(done.at(-1)).toBe('last')
  },
)

it('does what was begun to its end before the next begins, though nobody waits for it any more', async () => {
  const one = new FewAtOnce(1)
  const leaving = new AbortController()
  let fail: (error: Error) => void = () => undefined
  const begun = one.run(() => new Promise<void>((_, reject) => (fail = reject)), leaving.signal)
  let hasBegun = false
  const next = one.run(async () => {
    hasBegun = true
  })
  leaving.abort(new Error('gone'))
  await expect(begun).rejects.toThrow('gone')
  await turns()
  expect(hasBegun).toBe(false)
  fail(new Error('heard by nobody'))
  await next
  expect(hasBegun).toBe(true)
})
