import { setTimeout as sleep } from 'node:timers/promises'
import { A_FEW } from './attack.ts'
import type { Done, Orders, Prepared } from './attackers.ts'
import { Child } from './child-process.ts'
import { type DownloadTimes, timeDownload, timeInTurn, warmUp } from './download-timer.ts'
import type { Measured } from './judge.ts'
import type { ListedAttack } from './list-attacks.ts'
import { ResidentWatch } from './resident.ts'
import { Stage } from './stage.ts'

/** Milliseconds of an attack before the download begins, unless it says so itself. */
const STRIKE = 3_000
/**
 * Longest that making the attack ready may take, in milliseconds:
 * a node that lets nobody in is attacked all the same.
 */
const LONGEST_PREPARATION = 40_000
/**
 * On a quiet machine hostile peers have what time the node and the honest leave of the processors (Linux's
 * `SCHED_IDLE`): in the world each has its own. On a busy one nothing would be left for them.
 */
const ASIDE: readonly string[] = process.platform === 'linux' ? ['chrt', '--idle', '0'] : []

export interface Strength {
  readonly peers: number
  /** What counts of messages are multiplied with. */
  readonly strength: number
  /** Whether nothing else is at work on the machine. */
  readonly quiet: boolean
}

/**
 * One attack on a node of its own: first alone, then with the hostile peers,
 * then with them and the honest download. Beside a few hostile peers that is held against the same download
 * of a twin that is not attacked; beside many one is timed, and only its end is judged.
 */
export async function assault(listed: ListedAttack, { peers, strength, quiet }: Strength): Promise<Measured> {
  const { attack, file } = listed
  await using stage = await Stage.set(attack.node)
  await using twin = peers > A_FEW ? undefined : await Stage.set(attack.node)
  let times: DownloadTimes = { alone: Number.POSITIVE_INFINITY, beside: Number.POSITIVE_INFINITY }
  if (twin === undefined) {
    await stage.download()
    times = { ...times, alone: await timeDownload(stage) }
  } else {
    await Promise.all([warmUp(stage), warmUp(twin)])
    twin.node.freeze()
  }
  await stage.look()
  using resident = new ResidentWatch(stage.node.pid)
  await using attackers = new Child('attackers.ts', {}, quiet ? { runner: ASIDE } : {})
  await attackers.told('ready')
  const state = { struck: false, loopDelay: 0, newcomer: false }
  const orders: Orders = { file, port: stage.port, peers, strength }
  await Promise.race([
    attackers.ask<Prepared>('prepare', orders).then(async ({ listening }) => {
      await stage.dial(listening)
      state.struck = true
    }),
    stage.node.ended,
    sleep(LONGEST_PREPARATION),
  ])

  let done: Done | undefined
  let pings: readonly number[] = []
  try {
    await stage.loopDelay()
    stage.pinger.take()
    await attackers.ask('strike')
    await Promise.race([sleep(attack.milliseconds ?? STRIKE), stage.node.ended])
    pings = stage.pinger.take()
    state.loopDelay = await stage.loopDelay()
    if (twin === undefined) times = { ...times, beside: await timeDownload(stage) }
    else {
      const inTurn = await timeInTurn(twin, stage, attackers)
      times = inTurn.times
      pings = [...pings, ...inTurn.pings]
    }
    state.newcomer = await stage.letsIn()
    done = await attackers.ask<Done>('stop')
  } catch (error) {
    // A node that died says why itself; anything else is a fault of this tool.
    await Promise.race([stage.node.ended, sleep(2_000)])
    if (stage.node.death === undefined) throw error
  }
  const sorted = [...pings].sort((a, b) => a - b)
  const { death, errors } = stage.node
  return {
    peers,
    struck: state.struck,
    before: resident.before,
    worst: resident.worst,
    medianPing: sorted[sorted.length >> 1] ?? Number.POSITIVE_INFINITY,
    worstPing: sorted.at(-1) ?? Number.POSITIVE_INFINITY,
    loopDelay: state.loopDelay,
    ...times,
    newcomer: state.newcomer,
    ...(death !== undefined && { death }),
    lost: [
      ...(stage.pinger.ended === undefined
        ? []
        : [`the honest inbound peer was lost (${stage.pinger.ended})`]),
      ...(stage.served ? [] : ['the honest outbound peer was lost']),
    ],
    written: errors,
    ...(done !== undefined && { done }),
  }
}
