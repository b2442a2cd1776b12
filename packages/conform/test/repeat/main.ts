import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { RegtestBitcoind } from '@sapwood/integration'
import { runCommand, wholeNumber } from '../../../../tools/command-line/run-command.ts'
import { listeningCases, openRpcDriver, runListening, summaryOf } from '../../src/index.ts'
import { ALL_SERVICES } from '../all-services.ts'
import { Verdicts } from './verdicts.ts'

const USAGE = `Usage: npm run conform:repeat -- [options]

Runs the whole suite on a bitcoind again and again, each time on a new one, and fails when a case does not come to the same
verdict and outcome in every run.

Options:
  --runs N      how many runs (default 200)
  --at-once N   so many of them at the same time (default 2)
  --wait MS     longest that a case waits for one thing (default 20000: two of them take turns)
  -h, --help    print this`

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '200' },
      'at-once': { type: 'string', default: '2' },
      wait: { type: 'string', default: '20000' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return true
  }
  const verdicts = new Verdicts()
  const told = new Set<string>()
  const wait = wholeNumber(values.wait)
  let left = wholeNumber(values.runs)
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      await using bitcoind = await RegtestBitcoind.start({ args: ALL_SERVICES })
      const cookieFile = join(bitcoind.dataFolder, 'regtest/.cookie')
      const driver = await openRpcDriver({ url: `http://127.0.0.1:${bitcoind.rpcPort}`, cookieFile })
      const report = await runListening(listeningCases, { address: bitcoind.p2pHostAndPort, driver, wait })
      verdicts.note(report)
      const differing = verdicts.differing()
      console.log(`${verdicts.runs}: ${summaryOf(report)}, ${differing.size} differ so far`)
      for (const [key, text] of differing) if (!told.has(key)) console.log(text)
      for (const key of differing.keys()) told.add(key)
    }
  }
  await Promise.all(Array.from({ length: wholeNumber(values['at-once']) }, worker))
  const differing = verdicts.differing()
  for (const text of differing.values()) console.log(text)
  console.log(`${verdicts.runs} runs, ${verdicts.results} verdicts, ${differing.size} cases that differ`)
  return differing.size === 0
}

await runCommand(USAGE, main)
