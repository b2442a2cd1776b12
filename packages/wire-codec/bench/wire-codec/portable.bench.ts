import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as native from '@sapwood/wire-codec'
import { build } from 'esbuild'
import { compare, type Emit } from '../../../../tools/bench/measure.ts'
import { bcoin, bitcoinjs } from './peers.ts'

const FOLDER = join(import.meta.dirname, '../..')
const FILES = { 413567: 'core-block413567.raw', 928816: 'block928816.raw' }

/** The package as a bundler makes it for a browser: without node:crypto, its hashes in JavaScript. */
async function portableBuild(): Promise<typeof native> {
  const { outputFiles } = await build({
    entryPoints: [join(FOLDER, 'dist/index.js')],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
  })
  const url = `data:text/javascript;base64,${Buffer.from(outputFiles[0]!.contents).toString('base64')}`
  return (await import(url)) as typeof native
}

async function bench(emit: Emit): Promise<void> {
  const portable = await portableBuild()
  for (const [height, file] of Object.entries(FILES)) {
    const buffer = readFileSync(join(FOLDER, 'test/vectors', file))
    const bytes = new Uint8Array(buffer)
    const speed = {
      unit: 'MB/s',
      better: 'higher',
      toFigure: (seconds: number) => bytes.length / 1e6 / seconds,
    } as const
    await compare(
      {
        ...speed,
        name: `portable-decode-block-${height}`,
        ours: { name: 'sapwood in JavaScript', run: () => portable.decodeBlock(bytes) },
        references: [{ name: 'bitcoinjs-lib', run: () => bitcoinjs.Block.fromBuffer(bytes) }],
      },
      emit,
    )
    await compare(
      {
        ...speed,
        name: `portable-decode-block-txids-${height}`,
        ours: {
          name: 'sapwood in JavaScript',
          run: () => portable.decodeBlock(bytes).transactions.map(portable.txid),
        },
        references: [
          {
            name: 'bitcoinjs-lib',
            run: () => bitcoinjs.Block.fromBuffer(bytes).transactions!.map((tx) => tx.getHash()),
          },
          { name: 'bcoin (node:crypto)', run: () => bcoin.Block.fromRaw(buffer).txs.map((tx) => tx.hash()) },
          {
            name: 'sapwood (node:crypto)',
            run: () => native.decodeBlock(bytes).transactions.map(native.txid),
          },
        ],
      },
      emit,
    )
  }
}

export default bench
