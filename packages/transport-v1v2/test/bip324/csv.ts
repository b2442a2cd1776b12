import { readFileSync } from 'node:fs'

/** The rows of one of the BIP's test vector files, by column name. */
export function readVectors(name: string): readonly Readonly<Record<string, string>>[] {
  const text = readFileSync(new URL(`../vectors/bip324/${name}`, import.meta.url), 'utf8')
  const [header = '', ...lines] = text.trim().split(/\r?\n/)
  const columns = header.split(',')
  return lines.map((line) => {
    const cells = line.split(',')
    return Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? '']))
  })
}

/** Bitcoin Core's own vectors (src/test/bip324_tests.cpp), in the columns of the BIP's. */
export function readCoreVectors(): readonly Readonly<Record<string, string>>[] {
  const url = new URL('../vectors/bip324/core-bip324_tests.json', import.meta.url)
  const rows = JSON.parse(readFileSync(url, 'utf8')) as Record<string, string | number | boolean>[]
  return rows.map(({ mid_send_garbage: send, mid_recv_garbage: receive, ...row }) => ({
    ...Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        String(typeof value === 'boolean' ? Number(value) : value),
      ]),
    ),
    mid_send_garbage_terminator: String(send),
    mid_recv_garbage_terminator: String(receive),
  }))
}
