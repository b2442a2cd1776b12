import { existsSync } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Block,
  type BlockHash,
  bytesToHex,
  encodeBlock,
  regtest,
  type Transaction,
  type TransactionOutput,
} from '@sapwood/wire-codec'
import { cacheFolder } from '../programs/cache-folder.ts'
import { withMachineLock } from '../programs/machine-lock.ts'
import { makeFolder } from '../programs/usable-folder.ts'
import { COINBASE_MATURITY, mineBlock } from '../regtest/mine-block.ts'
import {
  dropScript,
  MAX_PUSH,
  outputOf,
  spend,
  type SpendableOutput,
} from '../regtest/regtest-transactions.ts'
import { isIntegrationError, IntegrationError } from '../errors/integration-error.ts'
import { lastLines } from './bitcoind-log.ts'
import { RegtestBitcoind, type RegtestBitcoindOptions } from './regtest-bitcoind.ts'

/** How large a chain is made. */
export interface BigChainOptions {
  /** Blocks that are full; a hundred and one small ones come before them. Default: 300. */
  readonly blocks?: number
  /** Bytes of each full block. Default: 980,000. */
  readonly blockSize?: number
  /** Bytes of each transaction (to within two), 88 to 600. Default: 600, the average on mainnet. */
  readonly transactionSize?: number
}

const DEFAULTS: Required<BigChainOptions> = { blocks: 300, blockSize: 980_000, transactionSize: 600 }

/** Bytes of a transaction of ours beside the data that it is filled up with. */
const TRANSACTION_OVERHEAD = 80
/** Sizes that our transactions can have, from eight bytes of data to the largest push. */
const TRANSACTION_SIZES = { least: TRANSACTION_OVERHEAD + 8, most: TRANSACTION_OVERHEAD + MAX_PUSH }
/** A second output that nobody can spend, which brings the largest transaction to 600 bytes. */
const FILLER: TransactionOutput = { value: 0n, scriptPubKey: Uint8Array.of(0x6a, 0x02, 0x00, 0x00) }
const BLOCK_SPACING = 600
const DONE = 'sapwood-complete'
/** Said by a bitcoind whose data folder another one has. */
const IN_USE = /Cannot obtain a lock/

/**
 * A bitcoind whose chain is as large as is asked for, for benchmarks: full blocks of small transactions that
 * anybody can spend. The chain is made once (0.1 s a block) and kept in the cache folder; one bitcoind at a
 * time uses it. One that has been damaged there is made anew.
 * @throws IntegrationError as {@link RegtestBitcoind.start}, and `check-failed` when bitcoind refuses a
 * block.
 */
export async function startBigChain(
  options: BigChainOptions = {},
  bitcoind: Omit<RegtestBitcoindOptions, 'dataFolder'> = {},
): Promise<RegtestBitcoind> {
  const dataFolder = await bigChainFolder(options)
  const height = COINBASE_MATURITY + 1 + (options.blocks ?? DEFAULTS.blocks)
  try {
    return await startAt(height, { ...bitcoind, dataFolder })
  } catch (error) {
    if (!isIntegrationError(error)) throw error
    const damaged = error.code === 'process-exited' || error.code === 'check-failed'
    if (!damaged || IN_USE.test(error.stderr ?? '')) throw error
    // A cache that was restored in part: the chain is made anew.
    await rm(dataFolder, { recursive: true, force: true, maxRetries: 5 })
    await bigChainFolder(options)
    return await startAt(height, { ...bitcoind, dataFolder })
  }
}

async function startAt(height: number, options: RegtestBitcoindOptions): Promise<RegtestBitcoind> {
  const bitcoind = await RegtestBitcoind.start(options)
  const received = await bitcoind.rpc<number>('getblockcount')
  if (received >= height) return bitcoind
  const logged = lastLines(bitcoind.log)
  await bitcoind.stop()
  const message = `the chain in ${bitcoind.dataFolder} ends at ${received}, not at ${height}`
  throw new IntegrationError('check-failed', message, {
    expected: String(height),
    received: String(received),
    ...logged,
  })
}

/** Makes the data folder of a bitcoind with such a chain, where the cache has none yet. */
export async function bigChainFolder(options: BigChainOptions = {}): Promise<string> {
  const wanted = { ...DEFAULTS, ...options }
  const { blocks, blockSize, transactionSize } = wanted
  if (transactionSize < TRANSACTION_SIZES.least || transactionSize > TRANSACTION_SIZES.most) {
    const { least, most } = TRANSACTION_SIZES
    throw new RangeError(`transactionSize is ${least} to ${most} bytes, not ${transactionSize}`)
  }
  const folder = join(cacheFolder(), 'chains', `${blocks}x${blockSize}-${transactionSize}`)
  if (existsSync(join(folder, DONE))) return folder
  return await withMachineLock(folder, async () => {
    if (!existsSync(join(folder, DONE))) await makeChain(folder, wanted)
    return folder
  })
}

async function makeChain(folder: string, options: Required<BigChainOptions>): Promise<void> {
  const unfinished = `${folder}.unfinished`
  await rm(unfinished, { recursive: true, force: true })
  await makeFolder(unfinished, 'set SAPWOOD_CACHE to a folder that can be written')
  {
    await using bitcoind = await RegtestBitcoind.start({ dataFolder: unfinished })
    for (const block of bigChainBlocks(options)) {
      const refusal = await bitcoind.rpc<string | null>('submitblock', bytesToHex(encodeBlock(block)))
      if (refusal === null) continue
      throw new IntegrationError('check-failed', `bitcoind refuses a block: ${refusal}`, {
        received: refusal,
        ...lastLines(bitcoind.log),
      })
    }
  }
  await writeFile(join(unfinished, DONE), '')
  // What stands there without its mark was restored in part.
  await rm(folder, { recursive: true, force: true })
  await rename(unfinished, folder)
}

/**
 * The blocks of such a chain, from height 1 on, made one by one. Each full one spends a coin to a row of
 * transactions.
 */
export function* bigChainBlocks(options: BigChainOptions = {}): Generator<Block> {
  const { blocks, blockSize, transactionSize } = { ...DEFAULTS, ...options }
  const coins: SpendableOutput[] = []
  let previous: BlockHash = regtest.genesisHash
  for (let height = 1; height <= COINBASE_MATURITY + 1 + blocks; height++) {
    const full = height > COINBASE_MATURITY + 1
    const coin = full ? coins[height - COINBASE_MATURITY - 2] : undefined
    const transactions = coin === undefined ? [] : row(coin, blockSize, transactionSize, height)
    const time = regtest.genesis.time + height * BLOCK_SPACING
    const mined = mineBlock({ height, previous, time, transactions })
    coins.push(outputOf(mined.block.transactions[0]!, 0))
    previous = mined.hash
    yield mined.block
  }
}

function row(
  coin: SpendableOutput,
  blockSize: number,
  transactionSize: number,
  height: number,
): readonly Transaction[] {
  const made: Transaction[] = []
  let spendable = coin
  for (let size = 300; size + transactionSize <= blockSize; size += transactionSize) {
    const data = new Uint8Array(transactionSize - TRANSACTION_OVERHEAD)
    new DataView(data.buffer).setUint32(0, height)
    new DataView(data.buffer).setUint32(4, made.length)
    const transaction = spend(spendable, [{ value: spendable.value, scriptPubKey: dropScript(data) }, FILLER])
    made.push(transaction)
    spendable = outputOf(transaction, 0)
  }
  return made
}
