import { expect, it } from 'vitest'
import { settleMicrotasks } from '../testing/default-settle.ts'
import { systemClock } from './default-clock.ts'
import { schedulerFor, systemScheduler } from './default-turn-scheduler.ts'
import {
  createTurnScheduler,
  type TurnLane,
  type TurnScheduler,
  unhurriedScheduler,
} from './turn-scheduler.ts'

/** A clock that work moves on, and an event loop whose turns are taken by hand. */
function handLoop(): {
  readonly scheduler: TurnScheduler
  readonly now: () => number
  readonly work: (milliseconds: number) => void
  readonly nextTurn: () => Promise<number>
} {
  let now = 0
  const due: (() => void)[] = []
  const scheduler = createTurnScheduler({
    now: () => now,
    later: (callback) => due.push(callback),
    after: (callback, milliseconds) => {
      now += milliseconds
      due.push(callback)
    },
  })
  return {
    scheduler,
    now: () => now,
    work: (milliseconds) => {
      now += milliseconds
    },
    nextTurn: async () => {
      await settleMicrotasks()
      const began = now
      for (const callback of due.splice(0)) callback()
      await settleMicrotasks()
      return now - began
    },
  }
}

it('goes on while there is time, and stops a lane that has had its share', () => {
  const { scheduler, work } = handLoop()
  const lane = scheduler.lane()
  expect(lane.due()).toBeUndefined()
  work(1.9)
  expect(lane.due()).toBeUndefined()
  work(0.2)
  expect(lane.due()).toBeInstanceOf(Promise)
  expect(scheduler.waiting).toBe(1)
})

it('gives its turn back whoever passes, however little of it was used', async () => {
  const { scheduler, nextTurn } = handLoop()
  const lane = scheduler.lane()
  let isBack = false
  void lane.pass()?.then(() => (isBack = true))
  await settleMicrotasks()
  expect([isBack, scheduler.waiting]).toEqual([false, 1])
  await nextTurn()
  expect([isBack, scheduler.waiting]).toEqual([true, 0])
  expect(unhurriedScheduler.lane().pass()).toBeUndefined()
})

it('has no turn that is longer than 10 ms and the piece of work under way, however many lanes work', async () => {
  const { scheduler, work, nextTurn } = handLoop()
  const done: number[] = Array.from({ length: 20 }, () => 0)
  const run = async (index: number): Promise<void> => {
    const lane = scheduler.lane()
    for (let piece = 0; piece < 100; piece++) {
      await lane.due()
      work(0.5)
      done[index] = piece + 1
    }
  }
  const all = done.map((_, index) => run(index))
  const turns: number[] = []
  while (done.some((pieces) => pieces < 100)) turns.push(await nextTurn())
  await Promise.all(all)
  expect(Math.max(...turns)).toBeLessThanOrEqual(10.5)
})

it('lets the lane go on first that has used least', async () => {
  const { scheduler, work, nextTurn } = handLoop()
  const order: string[] = []
  const flood = async (name: string): Promise<void> => {
    const lane = scheduler.lane()
    for (let piece = 0; piece < 50; piece++) {
      await lane.due()
      order.push(name)
      work(1)
    }
  }
  for (let n = 0; n < 10; n++) void flood(`flood ${n}`)
  for (let n = 0; n < 30; n++) await nextTurn()
  const honest = scheduler.lane()
  work(20)
  const before = order.length
  const turn = nextTurn()
  const wait = honest.due() ?? Promise.resolve()
  void wait.then(() => order.push('honest'))
  await turn
  for (let n = 0; n < 3; n++) await nextTurn()
  expect(order.slice(before, before + 5)).toContain('honest')
})

it('goes on with all who wait in one lane, as the streams of one program do', async () => {
  const { scheduler, work, nextTurn } = handLoop()
  const lane = scheduler.lane()
  const resumed: string[] = []
  lane.enter()
  work(3)
  void lane.due()?.then(() => resumed.push('first'))
  void lane.due()?.then(() => resumed.push('second'))
  expect(scheduler.waiting).toBe(1)
  await nextTurn()
  expect(resumed).toEqual(['first', 'second'])
  expect(scheduler.waiting).toBe(0)
})

it('goes round: nobody waits for ever behind others that never end', async () => {
  const { scheduler, work, nextTurn } = handLoop()
  const turns: number[] = Array.from({ length: 10 }, () => 0)
  const run = async (index: number): Promise<void> => {
    const lane = scheduler.lane()
    for (;;) {
      await lane.due()
      work(1)
      turns[index]! += 1
    }
  }
  turns.forEach((_, index) => void run(index))
  for (let n = 0; n < 200; n++) await nextTurn()
  expect(Math.min(...turns)).toBeGreaterThan(0.8 * Math.max(...turns))
})

/** Strangers without end, in pieces of so many milliseconds by turns, and how much they have worked. */
function strangers(
  { scheduler, work }: ReturnType<typeof handLoop>,
  count = 10,
  pieces: readonly number[] = [1],
): () => number {
  let worked = 0
  const flood = async (): Promise<void> => {
    const lane = scheduler.lane('stranger')
    for (let n = 0; ; n++) {
      await lane.due()
      const milliseconds = pieces[n % pieces.length]!
      work(milliseconds)
      worked += milliseconds
    }
  }
  for (let n = 0; n < count; n++) void flood()
  return () => worked
}

it('gives strangers a fiftieth of the time while a peer that we chose is at work', async () => {
  const loop = handLoop()
  const worked = strangers(loop)
  let ours = 0
  const download = async (): Promise<void> => {
    const lane = loop.scheduler.lane('chosen')
    for (;;) {
      await lane.due()
      loop.work(1)
      ours += 1
    }
  }
  void download()
  while (worked() + ours < 2_000) await loop.nextTurn()
  expect(worked() / (worked() + ours)).toBeLessThan(0.035)
  expect(worked()).toBeGreaterThan(35)
})

it.each([
  [
    'works between two waits of its own',
    (lane: TurnLane, work: (milliseconds: number) => void) => {
      lane.enter()
      work(60)
      lane.leave()
    },
  ],
  ['was worked for elsewhere', (lane: TurnLane) => lane.charge(60)],
] as const)('counts what a stranger %s, though it is never found in one turn twice', async (_, spend) => {
  const loop = handLoop()
  const chosen = loop.scheduler.lane('chosen')
  const stranger = loop.scheduler.lane('stranger')
  void chosen.due()
  expect(loop.scheduler.strangersPause).toBe(0)
  spend(stranger, loop.work)
  void chosen.due()
  expect(loop.scheduler.strangersPause).toBe(100)
  await loop.nextTurn()
  expect(stranger.due()).toBeInstanceOf(Promise)
})

it('does not count what others do while a stranger waits for something of its own', () => {
  const loop = handLoop()
  const chosen = loop.scheduler.lane('chosen')
  const stranger = loop.scheduler.lane('stranger')
  stranger.enter()
  stranger.leave()
  loop.work(60)
  void chosen.due()
  stranger.enter()
  stranger.leave()
  expect(loop.scheduler.strangersPause).toBe(0)
})

it('keeps nobody waiting for strangers that were held back long, once they may go on', async () => {
  const loop = handLoop()
  const worked = strangers(loop)
  let ours = 0
  const download = async (): Promise<void> => {
    const lane = loop.scheduler.lane('chosen')
    for (; ours < 1_000; ours++) {
      await lane.due()
      loop.work(1)
    }
  }
  void download()
  while (ours < 1_000) await loop.nextTurn()
  // Then that peer is silent.
  loop.work(200)
  const own = loop.scheduler.lane('own')
  let done = 0
  const run = async (): Promise<void> => {
    for (;;) {
      await own.due()
      loop.work(3)
      done += 1
    }
  }
  const before = worked()
  void run()
  for (let n = 0; n < 100; n++) await loop.nextTurn()
  expect(worked()).toBeGreaterThan(before)
  expect(done).toBeGreaterThan(30)
})

it('counts what is done for strangers outside of their lanes, and has them wait no longer than 100 ms for it', async () => {
  const loop = handLoop()
  const chosen = loop.scheduler.lane('chosen')
  const stranger = loop.scheduler.lane('stranger')
  expect(chosen.due()).toBeUndefined()
  // What it may do in any case.
  stranger.charge(2)
  loop.scheduler.forStrangers(() => loop.work(60))
  await loop.nextTurn()
  expect(chosen.due()).toBeUndefined()
  let isDone = false
  void stranger.due()?.then(() => (isDone = true))
  await loop.nextTurn()
  expect(isDone).toBe(false)
  await loop.nextTurn()
  await loop.nextTurn()
  expect(isDone).toBe(true)
})

/** A peer that we chose, at work without end. */
function download({ scheduler, work }: ReturnType<typeof handLoop>): () => number {
  const lane = scheduler.lane('chosen')
  let worked = 0
  void (async () => {
    for (;;) {
      await lane.due()
      work(1)
      worked += 1
    }
  })()
  return () => worked
}

/** The part of 20 seconds' work that is theirs. */
async function partOf(theirs: () => number, ours: () => number, loop: ReturnType<typeof handLoop>) {
  const [theirsBefore, oursBefore, end] = [theirs(), ours(), loop.now() + 20_000]
  while (loop.now() < end) await loop.nextTurn()
  const worked = theirs() - theirsBefore
  return worked / (worked + ours() - oursBefore)
}

/** How often a stranger may do a twentieth of a millisecond while others have had their share. */
async function answersOf(modest: TurnLane, { scheduler, work, nextTurn }: ReturnType<typeof handLoop>) {
  while (scheduler.strangersPause === 0) await nextTurn()
  expect(scheduler.lane('stranger').due()).toBeInstanceOf(Promise)
  let answers = 0
  for (; answers < 100 && modest.due() === undefined; answers++) {
    modest.enter()
    work(0.05)
    modest.leave()
  }
  return answers
}

it.each([10, 113])('has a stranger that asks for little wait for no flood of %i others', async (others) => {
  const loop = handLoop()
  const worked = strangers(loop, others)
  const ours = download(loop)
  const modest = loop.scheduler.lane('stranger')
  while (loop.now() < 5_000) await loop.nextTurn()
  // Two milliseconds at once.
  const answers = await answersOf(modest, loop)
  expect(answers).toBeGreaterThanOrEqual(40)
  expect(answers).toBeLessThanOrEqual(43)
  // Who waits all the time has its part of their share, and nothing beside.
  const part = await partOf(worked, ours, loop)
  expect(part).toBeGreaterThan(0.015)
  expect(part).toBeLessThan(0.025)
})

it('leaves a stranger what ten others that go by their credit as well do not need of it', async () => {
  const loop = handLoop()
  download(loop)
  const others = Array.from({ length: 10 }, () => loop.scheduler.lane('stranger'))
  const asking = loop.scheduler.lane('stranger')
  while (loop.now() < 4_000) await loop.nextTurn()
  let waits = 0
  for (let round = 0; round < 100; round++) {
    // Their share is used up all the time.
    loop.scheduler.forStrangers(() => loop.work(3))
    for (const lane of others) {
      expect(lane.due()).toBeUndefined()
      loop.work(0.01)
      lane.leave()
    }
    const wait = asking.due()
    if (wait !== undefined) {
      waits += 1
      const isOver = wait.then(() => true)
      while (!(await Promise.race([isOver, settleMicrotasks().then(() => false)]))) await loop.nextTurn()
    }
    asking.enter()
    loop.work(0.25)
    asking.leave()
    for (const next = loop.now() + 20; loop.now() < next; ) await loop.nextTurn()
  }
  expect(waits).toBe(0)
})

it('gives strangers no more for large pieces of work with small ones in between', async () => {
  const loop = handLoop()
  const theirs = strangers(loop, 10, [0.1, 0.1, 0.1, 0.1, 8])
  const ours = download(loop)
  while (loop.now() < 5_000) await loop.nextTurn()
  expect(await partOf(theirs, ours, loop)).toBeLessThan(0.085)
})

it('leaves a stranger that stays its own time, however many come and go', async () => {
  const loop = handLoop()
  strangers(loop)
  download(loop)
  const modest = loop.scheduler.lane('stranger')
  const pass = async (milliseconds: number): Promise<void> => {
    for (const end = loop.now() + milliseconds; loop.now() < end; await loop.nextTurn()) {
      const fresh = loop.scheduler.lane('stranger')
      fresh.enter()
      fresh.leave()
    }
  }
  await pass(3_000)
  await answersOf(modest, loop)
  await pass(300)
  expect(await answersOf(modest, loop)).toBeGreaterThanOrEqual(18)
})

it('has no stranger wait for those who come again and again to work at once', async () => {
  const loop = handLoop()
  const ours = download(loop)
  let theirs = 0
  const comeAgain = async (): Promise<void> => {
    for (;;) {
      const lane = loop.scheduler.lane('stranger')
      for (let piece = 0; piece < 2; piece++) {
        await lane.due()
        loop.work(1)
        theirs += 1
      }
      lane.leave()
    }
  }
  const modest = loop.scheduler.lane('stranger')
  while (loop.now() < 3_000) await loop.nextTurn()
  for (let peer = 0; peer < 10; peer++) void comeAgain()
  while (loop.now() < 5_000) await loop.nextTurn()
  let longest = 0
  for (let ping = 0; ping < 100; ping++) {
    const asked = loop.now()
    const done = new AbortController()
    void (async () => {
      await modest.due()
      modest.enter()
      loop.work(0.15)
      await modest.due()
      modest.leave()
      done.abort()
    })()
    while (!done.signal.aborted) await loop.nextTurn()
    longest = Math.max(longest, loop.now() - asked)
    for (const next = loop.now() + 20; loop.now() < next; ) await loop.nextTurn()
  }
  expect(longest).toBeLessThan(110)
  expect(await partOf(() => theirs, ours, loop)).toBeLessThan(0.025)
})

it('has whoever had to wait for its turn do all that it has for 2 ms', async () => {
  const loop = handLoop()
  strangers(loop)
  download(loop)
  const modest = loop.scheduler.lane('stranger')
  while (loop.now() < 5_000) await loop.nextTurn()
  // All of its credit, and more.
  modest.charge(4)
  while (loop.scheduler.strangersPause === 0) await loop.nextTurn()
  let isDone = false
  const turn = modest.due()
  expect(turn).toBeInstanceOf(Promise)
  void turn?.then(() => (isDone = true))
  while (!isDone) await loop.nextTurn()
  let pieces = 0
  for (; pieces < 100 && modest.due() === undefined; pieces++) {
    modest.enter()
    loop.work(0.1)
    modest.leave()
  }
  expect(pieces).toBeGreaterThanOrEqual(19)
  expect(pieces).toBeLessThanOrEqual(22)
})

it('has whoever had to wait read, handle and answer in one turn', async () => {
  const loop = handLoop()
  strangers(loop)
  download(loop)
  const modest = loop.scheduler.lane('stranger')
  const piece = pieces(loop)
  while (loop.now() < 5_000) {
    piece(modest, 0.2)
    for (const next = loop.now() + 100; loop.now() < next; ) await loop.nextTurn()
  }
  // More at once than its credit.
  for (let n = 0; n < 12; n++) piece(modest, 0.2)
  while (loop.scheduler.strangersPause === 0) await loop.nextTurn()
  let isDone = false
  void modest.due()?.then(() => (isDone = true))
  while (!isDone) await loop.nextTurn()
  for (let n = 0; n < 3; n++) {
    expect(modest.due()).toBeUndefined()
    modest.enter()
    loop.work(0.21)
    modest.leave()
  }
  expect(modest.due()).toBeInstanceOf(Promise)
})

it('lets who has had least of their share go on first, however small the pieces of others are', async () => {
  const loop = handLoop()
  strangers(loop, 10, [0.02])
  download(loop)
  const modest = loop.scheduler.lane('stranger')
  const piece = pieces(loop)
  while (loop.now() < 5_000) {
    piece(modest, 0.15)
    for (const next = loop.now() + 100; loop.now() < next; ) await loop.nextTurn()
  }
  // More than its credit.
  for (let n = 0; n < 5; n++) modest.charge(0.5)
  while (loop.scheduler.strangersPause === 0) await loop.nextTurn()
  const asked = loop.now()
  const done = new AbortController()
  void modest.due()?.then(() => done.abort())
  while (!done.signal.aborted && loop.now() < asked + 5_000) await loop.nextTurn()
  expect(loop.now() - asked).toBeLessThan(110)
})

it('has a stranger wait a fifth of a second at most for ten that take next to nothing at once', async () => {
  const loop = handLoop()
  strangers(loop, 10, [0.03])
  download(loop)
  const modest = loop.scheduler.lane('stranger')
  const piece = pieces(loop)
  let longest = 0
  const ask = async (work: readonly number[]): Promise<void> => {
    const asked = loop.now()
    await modest.due()
    // What it takes is known by then.
    if (asked > 5_000) longest = Math.max(longest, loop.now() - asked)
    for (const milliseconds of work) piece(modest, milliseconds)
  }
  for (let n = 0; n < 500; n++) {
    const done = new AbortController()
    // More at once than its credit.
    void ask(n % 25 === 0 ? new Array<number>(7).fill(0.45) : [0.1]).then(() => done.abort())
    while (!done.signal.aborted) await loop.nextTurn()
    for (const next = loop.now() + 30; loop.now() < next; ) await loop.nextTurn()
  }
  expect(longest).toBeGreaterThan(0)
  expect(longest).toBeLessThan(200)
})

it('has no stranger that takes little at once wait behind those that take even less and came later', async () => {
  const loop = handLoop()
  const order: string[] = []
  const piece = pieces(loop)
  const [little, less] = [loop.scheduler.lane('stranger'), loop.scheduler.lane('stranger')]
  for (let n = 0; n < 100; n++) {
    piece(little, 0.3)
    piece(less, 0.02)
    loop.work(50)
    await loop.nextTurn()
  }
  void loop.scheduler.lane().due()
  loop.work(11)
  void little.due()?.then(() => order.push('little'))
  void less.due()?.then(() => order.push('less'))
  for (let turn = 0; turn < 3; turn++) await loop.nextTurn()
  expect(order[0]).toBe('little')
})

it('gives no stranger more for passing its turn on before it has used it', async () => {
  const loop = handLoop()
  const ours = download(loop)
  let theirs = 0
  const pass = async (): Promise<void> => {
    const lane = loop.scheduler.lane('stranger')
    for (;;) {
      await lane.pass()
      loop.work(0.5)
      theirs += 0.5
    }
  }
  for (let peer = 0; peer < 10; peer++) void pass()
  while (loop.now() < 5_000) await loop.nextTurn()
  expect(await partOf(() => theirs, ours, loop)).toBeLessThan(0.03)
})

it('lets lanes and what is done outside of them have the share of strangers by turns', async () => {
  const loop = handLoop()
  const worked = strangers(loop)
  download(loop)
  while (loop.now() < 5_000) await loop.nextTurn()
  const before = worked()
  let outside = 0
  for (const end = loop.now() + 10_000; loop.now() < end; await loop.nextTurn()) {
    if (loop.scheduler.strangersPause > 0) continue
    loop.scheduler.forStrangers(() => loop.work(1))
    outside += 1
  }
  expect(worked() - before).toBeGreaterThan(50)
  expect(outside).toBeGreaterThan(50)
})

it.each([
  [113, 30],
  // They never use up what comes to each: 18 milliseconds of the 20 in a second.
  [10, 11],
  [113, 11],
])(
  'gives %i strangers that wait for nothing little more than their share, at work every %i ms',
  async (count, pause) => {
    const loop = handLoop()
    const ours = download(loop)
    let theirs = 0
    // As peers do that wait for an answer: at work again some time after they have been.
    const imitators = Array.from({ length: count }, () => ({
      lane: loop.scheduler.lane('stranger'),
      next: 0,
    }))
    const work = (imitator: (typeof imitators)[number]): void => {
      loop.work(0.2)
      theirs += 0.2
      imitator.lane.leave()
      imitator.next = loop.now() + pause
    }
    const imitate = async (milliseconds: number): Promise<void> => {
      for (const end = loop.now() + milliseconds; loop.now() < end; await loop.nextTurn()) {
        for (const imitator of imitators) {
          if (imitator.next > loop.now()) continue
          imitator.next = Number.POSITIVE_INFINITY
          imitator.lane.enter()
          const turn = imitator.lane.due()
          if (turn === undefined) work(imitator)
          else void turn.then(() => work(imitator))
        }
      }
    }
    // Patient at first, until something has come to each.
    while (loop.now() < 1_000) await loop.nextTurn()
    await imitate(5_000)
    const [theirsBefore, oursBefore] = [theirs, ours()]
    await imitate(20_000)
    const [theirPart, ourPart] = [theirs - theirsBefore, ours() - oursBefore]
    const part = theirPart / (theirPart + ourPart)
    expect(part).toBeGreaterThan(0.015)
    expect(part).toBeLessThan(0.065)
  },
)

it('gives no stranger more of their share for taking it in small pieces', async () => {
  const loop = handLoop()
  const large = strangers(loop, 9)
  const small = strangers(loop, 1, [0.1])
  download(loop)
  while (loop.now() < 5_000) await loop.nextTurn()
  const [largeBefore, smallBefore] = [large(), small()]
  for (const end = loop.now() + 20_000; loop.now() < end; ) await loop.nextTurn()
  const [ofLarge, ofSmall] = [large() - largeBefore, small() - smallBefore]
  expect(ofSmall / (ofLarge + ofSmall)).toBeLessThan(0.2)
})

it('does not hold it against a stranger for long that it worked while nobody else wanted the time', async () => {
  const loop = handLoop()
  const busy = loop.scheduler.lane('stranger')
  for (let piece = 0; piece < 500; piece++) {
    busy.enter()
    loop.work(5)
    busy.leave()
    await loop.nextTurn()
  }
  strangers(loop)
  download(loop)
  for (const end = loop.now() + 1_500; loop.now() < end; ) await loop.nextTurn()
  expect(await answersOf(busy, loop)).toBeGreaterThanOrEqual(40)
  busy.charge(4)
  const asked = loop.now()
  const done = new AbortController()
  void busy.due()?.then(() => done.abort())
  while (!done.signal.aborted && loop.now() < asked + 5_000) await loop.nextTurn()
  expect(loop.now() - asked).toBeLessThan(300)
})

it('leaves no stranger waiting for ever behind smaller pieces of others', async () => {
  const loop = handLoop()
  strangers(loop, 113, [0.02])
  download(loop)
  while (loop.now() < 5_000) await loop.nextTurn()
  const newcomer = loop.scheduler.lane('stranger')
  const asked = loop.now()
  const done = new AbortController()
  const turn = newcomer.due()
  expect(turn).toBeInstanceOf(Promise)
  void turn?.then(() => done.abort())
  while (!done.signal.aborted && loop.now() < asked + 20_000) await loop.nextTurn()
  // As long as each of them takes for its 2 ms, once.
  expect(loop.now() - asked).toBeLessThan(13_000)
})

it('leaves a stranger its own time after garbage was collected in its midst', async () => {
  const loop = handLoop()
  strangers(loop)
  download(loop)
  const modest = loop.scheduler.lane('stranger')
  const piece = pieces(loop)
  const pass = async (milliseconds: number): Promise<void> => {
    for (const end = loop.now() + milliseconds; loop.now() < end; ) {
      piece(modest, 0.02)
      for (const next = loop.now() + 20; loop.now() < next; ) await loop.nextTurn()
    }
  }
  await pass(5_000)
  piece(modest, 50)
  // It counts, but for as much as might have been its own: half a millisecond of two.
  await loop.nextTurn()
  const answers = await answersOf(modest, loop)
  expect(answers).toBeGreaterThanOrEqual(25)
  expect(answers).toBeLessThan(35)
  await pass(900)
  expect(await answersOf(modest, loop)).toBeGreaterThanOrEqual(35)
})

it.each([
  ['nothing come to a stranger while it rests with more at hand', 'rest', Promise],
  ['credit come to a stranger while it waits for more to come', 'leave', undefined],
] as const)('has %s', async (_, end, wait) => {
  const loop = handLoop()
  strangers(loop)
  download(loop)
  const lane = loop.scheduler.lane('stranger')
  while (loop.now() < 5_000) await loop.nextTurn()
  lane.enter()
  for (let n = 0; n < 5; n++) lane.charge(0.5)
  lane[end]()
  while (loop.now() < 6_000 || loop.scheduler.strangersPause === 0) await loop.nextTurn()
  lane.enter()
  if (wait === undefined) expect(lane.due()).toBeUndefined()
  else expect(lane.due()).toBeInstanceOf(wait)
})

it.each([
  [200, 'credited'],
  [700, 'indebted'],
])(
  'has who has credit left go before one that has none and has waited for %i ms more: %s',
  async (head, first) => {
    const loop = handLoop()
    const [indebted, credited] = [loop.scheduler.lane('stranger'), loop.scheduler.lane('stranger')]
    loop.work(5_000)
    indebted.charge(8)
    const order: string[] = []
    void indebted.pass()?.then(() => order.push('indebted'))
    loop.work(head)
    void credited.pass()?.then(() => order.push('credited'))
    await loop.nextTurn()
    expect(order).toEqual([first])
  },
)

it('knows what a lane has used, in however small pieces', async () => {
  const loop = handLoop()
  const order: string[] = []
  const heavy = Array.from({ length: 5 }, () => loop.scheduler.lane('stranger'))
  const light = loop.scheduler.lane('stranger')
  for (let round = 0; round < 12; round++) {
    for (const lane of [...heavy, light]) {
      lane.enter()
      loop.work(lane === light ? 0.05 : 2.5)
      lane.leave()
    }
    await loop.nextTurn()
  }
  void loop.scheduler.lane().due()
  loop.work(11)
  for (const lane of heavy) void lane.due()?.then(() => order.push('heavy'))
  void light.due()?.then(() => order.push('light'))
  for (let turn = 0; turn < 3; turn++) await loop.nextTurn()
  expect(order[0]).toBe('light')
})

/** Does a piece of work of so many milliseconds in a lane. */
function pieces({ work }: ReturnType<typeof handLoop>): (lane: TurnLane, milliseconds: number) => void {
  return (lane, milliseconds) => {
    lane.enter()
    work(milliseconds)
    lane.leave()
  }
}

it('lets nobody who begins after a long silence go before a stranger that asks for little all the time', async () => {
  const loop = handLoop()
  const order: string[] = []
  const piece = pieces(loop)
  const little = loop.scheduler.lane('stranger')
  const silent = Array.from({ length: 18 }, () => loop.scheduler.lane('stranger'))
  for (const lane of silent) piece(lane, 0.3)
  for (let n = 0; n < 200; n++) {
    piece(little, 0.1)
    loop.work(20)
    await loop.nextTurn()
  }
  const fresh = Array.from({ length: 18 }, () => loop.scheduler.lane('stranger'))
  void loop.scheduler.lane().due()
  loop.work(11)
  for (const lane of [...silent, ...fresh]) void lane.due()?.then(() => order.push('silent'))
  void little.due()?.then(() => order.push('little'))
  for (let turn = 0; turn < 3; turn++) await loop.nextTurn()
  expect(order[0]).toBe('little')
})

it('has no stranger wait behind all who come because garbage was collected in its midst a few times', async () => {
  const loop = handLoop()
  const order: string[] = []
  const piece = pieces(loop)
  const little = loop.scheduler.lane('stranger')
  for (let n = 0; n < 190; n++) {
    // The last of them two long ones within a second, as of the whole heap.
    piece(little, n > 165 && n % 10 === 0 ? 50 : n % 50 === 0 ? 2.5 : 0.02)
    loop.work(20)
    await loop.nextTurn()
  }
  const fresh = Array.from({ length: 18 }, () => loop.scheduler.lane('stranger'))
  // However little each has done yet: it has only just come.
  for (const lane of fresh) piece(lane, 0.01)
  await loop.nextTurn()
  void loop.scheduler.lane().due()
  loop.work(11)
  for (const lane of fresh) void lane.due()?.then(() => order.push('fresh'))
  void little.due()?.then(() => order.push('little'))
  for (let turn = 0; turn < 3; turn++) await loop.nextTurn()
  expect(order[0]).toBe('little')
})

it.each([
  [
    'tiny pieces between its large ones',
    (lane: TurnLane, piece: ReturnType<typeof pieces>) => {
      for (let n = 0; n < 24; n++) piece(lane, 0.005)
    },
  ],
  ['none', () => undefined],
])('expects what large pieces of work tell, with %s', async (_, between) => {
  const loop = handLoop()
  const order: string[] = []
  const piece = pieces(loop)
  const large = loop.scheduler.lane('stranger')
  const whose = {}
  const served = loop.scheduler.lane('stranger', whose)
  const pinged = loop.scheduler.lane('stranger', whose)
  for (let n = 0; n < 20; n++) {
    piece(large, 2)
    between(large, piece)
    piece(pinged, 0.1)
    loop.work(480)
    await loop.nextTurn()
  }
  // Its first work in that lane, and little of it.
  piece(served, 0.02)
  void loop.scheduler.lane().due()
  loop.work(11)
  void large.due()?.then(() => order.push('large'))
  void pinged.due()?.then(() => order.push('pinged'))
  for (let turn = 0; turn < 3; turn++) await loop.nextTurn()
  expect(order[0]).toBe('pinged')
})

it.each(['is never used', 'does little all the time'] as const)(
  'expects of a stranger what that lane takes that takes most, where another %s',
  async (other) => {
    const loop = handLoop()
    const order: string[] = []
    const piece = pieces(loop)
    const [large, small] = [{}, {}]
    const lanes = [large, small].map((whose) => [
      loop.scheduler.lane('stranger', whose),
      loop.scheduler.lane('stranger', whose),
    ]) as [[TurnLane, TurnLane], [TurnLane, TurnLane]]
    for (let n = 0; n < 30; n++) {
      piece(lanes[0][0], 1.5)
      piece(lanes[1][0], 0.1)
      if (other === 'does little all the time')
        for (let m = 0; m < 30; m++) for (const [, reader] of lanes) piece(reader, 0.01)
      loop.work(250)
      await loop.nextTurn()
    }
    void loop.scheduler.lane().due()
    loop.work(11)
    for (const [name, [lane]] of [
      ['large', lanes[0]],
      ['small', lanes[1]],
    ] as const)
      void lane.due()?.then(() => order.push(name))
    for (let turn = 0; turn < 3; turn++) await loop.nextTurn()
    expect(order[0]).toBe('small')
  },
)

it('counts the work before a wait once, and that after it', () => {
  const loop = handLoop()
  loop.work(1_000)
  void loop.scheduler.lane('chosen').due()
  const stranger = loop.scheduler.lane('stranger')
  stranger.enter()
  loop.work(6)
  stranger.leave()
  // 6 ms take 300 ms of their share, of which 250 ms may come at once.
  expect(loop.scheduler.strangersPause).toBeCloseTo(50, 6)
  stranger.enter()
  expect(loop.scheduler.strangersPause).toBeCloseTo(50, 6)
  loop.work(1)
  stranger.leave()
  expect(loop.scheduler.strangersPause).toBeCloseTo(99, 6)
})

it('lets strangers have all of the time where nobody else wants it', async () => {
  const loop = handLoop()
  const worked = strangers(loop)
  let time = 0
  for (let n = 0; n < 200; n++) time += await loop.nextTurn()
  expect(worked()).toBeGreaterThan(0.95 * time)
})

it('never has anybody wait where the clock is not that of the system', async () => {
  const clock = { ...systemClock }
  expect(schedulerFor(clock)).toBe(unhurriedScheduler)
  expect(schedulerFor(systemClock)).toBe(systemScheduler)
  expect(unhurriedScheduler.lane().due()).toBeUndefined()
  await expect(
    new Promise<string>((resolve) => {
      const lane = systemScheduler.lane()
      let rang = false
      setTimeout(() => {
        rang = true
        resolve('timer')
      }, 20)
      const before = process.cpuUsage()
      const work = async (): Promise<void> => {
        // Of the processor and not of the clock, which goes on while this process is not run.
        while (process.cpuUsage(before).user < 2_000_000 && !rang) await lane.due()
        resolve('work')
      }
      void work()
    }),
  ).resolves.toBe('timer')
})
