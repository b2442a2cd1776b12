import { describe, expect, it, vi } from 'vitest'
import { createVirtualClock } from '../testing/virtual-clock.ts'
import { ACCOUNT_FLOOR, type MemoryAccount } from './memory-account.ts'
import { createMemoryBudget, type MemoryBudget, unboundedAccount } from './memory-budget.ts'

const MB = 1_000_000

function filledBy(budget: MemoryBudget, strangers: number, bytes: number): MemoryAccount[] {
  return Array.from({ length: strangers }, () => {
    const account = budget.open({ rank: 'inbound' })
    expect(account.take('reading', bytes)).toBe(true)
    return account
  })
}

/** Whether a promise has resolved once everything due has run. */
async function resolved(promise: Promise<void> | undefined): Promise<boolean> {
  return await Promise.race([
    promise?.then(() => true),
    new Promise<false>((r) => setTimeout(r, 0, false)),
  ]).then((value) => value === true)
}

describe('accounts', () => {
  it('counts by purpose, and gives back no more than is held', () => {
    const budget = createMemoryBudget({ limit: 10 * MB })
    const account = budget.open({ rank: 'outbound' })
    account.hold('reading', 300)
    account.hold('sending', 200)
    account.give('reading', 100)
    account.give('sending', 1_000)
    expect(account.held).toBe(200)
    expect(budget.use()).toMatchObject({ used: 200, peak: 500, inbound: 0, accounts: 1 })
    expect(budget.use().byPurpose).toMatchObject({ reading: 200, sending: 0 })
  })

  it('gives back everything when it is closed, and does nothing afterwards', () => {
    const budget = createMemoryBudget({ limit: MB })
    const account = budget.open({ rank: 'inbound' })
    account.hold('reading', 1_000)
    account.close()
    account.hold('reading', 1_000)
    expect(account.take('reading', 1)).toBe(false)
    expect(account.room(10 * MB)).toBeUndefined()
    expect(budget.use()).toMatchObject({ used: 0, inbound: 0, accounts: 0, peak: 1_000 })
    expect(budget.use().byPurpose.reading).toBe(0)
  })

  it('refuses nothing where there is no budget', () => {
    const account = unboundedAccount('inbound')
    expect(account.take('reading', 1e12)).toBe(true)
    expect(account.room(1e12)).toBeUndefined()
  })

  it('refuses limits that are none', () => {
    for (const options of [{ limit: 0 }, { limit: Number.NaN }, { inboundShare: 1.1 }]) {
      expect(() => createMemoryBudget(options)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
    }
  })
})

describe('who is refused', () => {
  it('keeps a part of the budget for connections of our own choice, and refuses the protected never', () => {
    const budget = createMemoryBudget({ limit: 10 * MB, inboundShare: 0.75 })
    filledBy(budget, 10, 650_000)
    const stranger = budget.open({ rank: 'inbound' })
    expect(stranger.take('reading', 200_000)).toBe(false)
    const ours = budget.open({ rank: 'outbound' })
    expect(ours.take('reading', 2 * MB)).toBe(true)
    expect(ours.take('reading', 400_000)).toBe(false)
    expect(budget.open({ rank: 'protected' }).take('events', 5 * MB)).toBe(true)
    expect(budget.used).toBe(13.5 * MB)
  })

  it('lets everybody hold a little in a full house', () => {
    const budget = createMemoryBudget({ limit: MB, inboundShare: 1 })
    budget.open({ rank: 'protected' }).hold('events', 850_000)
    const small = budget.open({ rank: 'inbound' })
    expect(small.room(ACCOUNT_FLOOR)).toBeUndefined()
    expect(small.take('reading', ACCOUNT_FLOOR)).toBe(true)
    expect(small.take('reading', 1)).toBe(false)
  })

  it('lets the largest stranger go when what is there already is too much, and nobody for the same bytes twice', () => {
    const budget = createMemoryBudget({ limit: 10 * MB })
    const evicted: string[] = []
    const open = (name: string, rank: 'inbound' | 'outbound' | 'protected'): MemoryAccount =>
      budget.open({ rank, onEvict: () => evicted.push(name) })
    open('small', 'inbound').hold('reading', MB)
    open('large', 'inbound').hold('reading', 2 * MB)
    open('ours', 'outbound').hold('reading', 3 * MB)
    open('manual', 'protected').hold('reading', 3 * MB)
    expect(evicted).toEqual([])
    open('manual too', 'protected').hold('reading', 2 * MB)
    expect(evicted).toEqual(['large'])
    expect(budget.use()).toMatchObject({ used: 9 * MB, evicted: 1 })
    open('manual three', 'protected').hold('reading', 6 * MB)
    expect(evicted).toEqual(['large', 'small', 'ours'])
  })

  it('lets nobody go who holds the little that everybody may', () => {
    const budget = createMemoryBudget({ limit: MB })
    const onEvict = vi.fn()
    budget.open({ rank: 'inbound', onEvict }).hold('reading', ACCOUNT_FLOOR)
    budget.open({ rank: 'protected' }).hold('events', 2 * MB)
    expect(onEvict).not.toHaveBeenCalled()
  })

  it('lets go of whoever holds far more than one who waits, and of nobody of a higher rank', async () => {
    const budget = createMemoryBudget({ limit: 4 * MB, inboundShare: 0.5 })
    const greedy = vi.fn()
    const ours = vi.fn()
    budget.open({ rank: 'outbound', onEvict: ours }).hold('reading', 2 * MB)
    budget.open({ rank: 'inbound', onEvict: greedy }).hold('reading', 1_900_000)
    const modest = budget.open({ rank: 'inbound' })
    expect(await resolved(modest.room(200_000))).toBe(true)
    expect(greedy).toHaveBeenCalledOnce()
    expect(ours).not.toHaveBeenCalled()
    expect(modest.take('reading', 200_000)).toBe(true)
  })

  it('survives an owner that throws', () => {
    const budget = createMemoryBudget({ limit: MB })
    const onEvict = (): void => {
      throw new Error('owner')
    }
    budget.open({ rank: 'inbound', onEvict }).hold('reading', 900_000)
    expect(() => budget.open({ rank: 'protected' }).hold('events', 900_000)).not.toThrow()
    expect(budget.used).toBe(900_000)
  })
})

describe('waiting for room', () => {
  it('lets ours go on before strangers, and of those the one that holds least', async () => {
    const budget = createMemoryBudget({ limit: MB, inboundShare: 1 })
    const full = budget.open({ rank: 'protected' })
    full.hold('events', MB)
    const order: string[] = []
    const waiting = [
      ['holds more', 'inbound', 120_000],
      ['holds less', 'inbound', 60_000],
      ['ours', 'outbound', 120_000],
    ] as const
    const waits = waiting.map(async ([name, rank, held]) => {
      const account = budget.open({ rank })
      account.hold('reading', held)
      await account.room(150_000)
      order.push(name)
    })
    expect(budget.use().waiting).toBe(3)
    for (let step = 0; step < 5; step++) {
      full.give('events', 200_000)
      await Promise.resolve()
    }
    await Promise.all(waits)
    expect(order).toEqual(['ours', 'holds less', 'holds more'])
    expect(budget.use().waiting).toBe(0)
  })

  it('does not promise the same room to all that wait', async () => {
    const budget = createMemoryBudget({ limit: MB, inboundShare: 1 })
    const full = budget.open({ rank: 'protected' })
    full.hold('events', MB)
    const rooms = Array.from({ length: 10 }, () => budget.open({ rank: 'inbound' }).room(200_000))
    full.give('events', 600_000)
    expect((await Promise.all(rooms.map(resolved))).filter(Boolean)).toHaveLength(2)
  })

  it('is not for ever: whoever gives nothing back for 10 s goes, and who moves stays', async () => {
    const clock = createVirtualClock()
    const budget = createMemoryBudget({ limit: 4 * MB, inboundShare: 1, clock })
    const gone: string[] = []
    const holder = (name: string): MemoryAccount => {
      const account = budget.open({ rank: 'inbound', onEvict: () => gone.push(name) })
      account.hold('reading', 850_000)
      return account
    }
    holder('idle')
    await clock.advance(5_000)
    holder('idle later')
    const busy = [holder('busy'), holder('busy too')]
    const waiting = budget.open({ rank: 'inbound' }).room(600_000)
    for (let second = 0; second < 4; second++) {
      await clock.advance(1_000)
      for (const account of busy) {
        account.give('reading', 1_000)
        account.hold('reading', 1_000)
      }
    }
    expect(gone).toEqual([])
    await clock.advance(1_500)
    expect(gone).toEqual(['idle'])
    await waiting
    expect(clock.pendingTimers).toBe(0)
    await clock.advance(60_000)
    expect(gone).toEqual(['idle'])
  })

  it('does not hold against anybody the time in which we did not run', async () => {
    const clock = createVirtualClock()
    const budget = createMemoryBudget({ limit: 4 * MB, inboundShare: 1, clock })
    const gone: string[] = []
    const holders = ['a', 'b', 'c', 'd'].map((name) =>
      budget.open({ rank: 'inbound', onEvict: () => gone.push(name) }),
    )
    for (const account of holders) account.hold('reading', 850_000)
    const lively = budget.open({ rank: 'inbound' })
    lively.hold('reading', 1_000)
    lively.give('reading', 1_000)
    const waiting = budget.open({ rank: 'inbound' }).room(600_000)
    clock.skip(600_000)
    // The review that was due meanwhile, and one who takes what it is given.
    await clock.advance(0)
    void lively.room(600_000)
    expect(gone).toEqual([])
    for (const account of holders) account.give('reading', 300_000)
    await waiting
    expect(gone).toEqual([])
  })

  it('ends with the account', async () => {
    const budget = createMemoryBudget({ limit: MB })
    budget.open({ rank: 'protected' }).hold('events', MB)
    const account = budget.open({ rank: 'inbound' })
    const room = account.room(200_000)
    expect(await resolved(room)).toBe(false)
    account.close()
    expect(await resolved(room)).toBe(true)
  })

  it('is not taken from 113 by one that never gives back', () => {
    const budget = createMemoryBudget({ limit: 64 * MB })
    const evicted = vi.fn()
    const greedy = budget.open({ rank: 'inbound', onEvict: evicted })
    while (greedy.take('reading', 60_000)) {
      // As much as it is given.
    }
    const others = Array.from({ length: 113 }, () => budget.open({ rank: 'inbound' }))
    for (const other of others) void other.room(200_000)
    expect(evicted).toHaveBeenCalledOnce()
    for (const other of others) expect(other.take('reading', 200_000)).toBe(true)
  })
})
