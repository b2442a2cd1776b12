import { expect, it } from 'vitest'
import { FewAtOnce } from './few-at-once.ts'

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
  const turns = async (): Promise<void> => {
    for (let i = 0; i < 10; i++) await Promise.resolve()
  }
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
