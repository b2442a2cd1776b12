import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { servePage } from './serve-page.ts'

// `npm run page`: all that the page needs, until Ctrl+C.
const { values } = parseArgs({ options: { port: { type: 'string', default: '8080' } } })
const page = await servePage({ port: Number(values.port) })
const { bitcoind } = page
await bitcoind.mine(200)
await bitcoind.fund()
console.log(`The page: ${page.url}
bitcoind for peers on port ${bitcoind.p2pPort}, for RPC on ${bitcoind.rpcPort}, its folder ${bitcoind.dataFolder}
Ctrl+C ends all of it.`)
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
await page.close()
