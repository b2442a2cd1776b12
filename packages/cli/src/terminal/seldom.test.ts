import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { expect, it } from 'vitest'
import { seldom } from './seldom.ts'

it('tells what is said again after a while, and anything else at once', async () => {
  const clock = createVirtualClock()
  const told: string[] = []
  const tell = seldom(clock, 1_000, (text) => told.push(text))
  for (let time = 0; time < 3; time++) tell('gone')
  tell('full')
  tell('gone')
  await clock.advance(999)
  tell('gone')
  await clock.advance(1)
  tell('gone')
  expect(told).toEqual(['gone', 'full', 'gone', 'gone'])
})
