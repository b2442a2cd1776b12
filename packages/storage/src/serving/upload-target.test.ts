import type { Instant } from '@sapwood/transport-v1v2/environment'
import { expect, it } from 'vitest'
import { UploadTarget } from './upload-target.ts'

const HOUR = 3_600_000
const at = (milliseconds: number): Instant => milliseconds as Instant

it('keeps what the new blocks of the rest of the day will take, and begins anew after it', () => {
  const target = new UploadTarget(1_000_000_000)
  target.served(400_000_000, at(0))
  // 144 blocks of 4 MB are left of the day.
  expect(target.isReachedForOldBlocks(at(0))).toBe(false)
  target.served(24_000_000, at(0))
  expect(target.isReachedForOldBlocks(at(0))).toBe(true)
  expect(target.isReachedForOldBlocks(at(HOUR))).toBe(false)
  target.served(500_000_000, at(12 * HOUR))
  expect(target.isReachedForOldBlocks(at(12 * HOUR))).toBe(true)
  expect(target.bytes(at(24 * HOUR - 1))).toBe(924_000_000)
  expect(target.bytes(at(24 * HOUR))).toBe(0)
  expect(target.isReachedForOldBlocks(at(24 * HOUR))).toBe(false)
})

it('is never reached where there is none', () => {
  const target = new UploadTarget(Infinity)
  target.served(1e15, at(0))
  expect(target.isReachedForOldBlocks(at(0))).toBe(false)
})
