import { readdirSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Attack } from './attack.ts'

export interface ListedAttack {
  /** The name of its file, without the ending. */
  readonly name: string
  readonly file: string
  readonly attack: Attack
}

const folder = fileURLToPath(new URL('../attacks/', import.meta.url))

/** Every attack: each file of `attacks/` exports one as `attack`. */
export async function listAttacks(): Promise<readonly ListedAttack[]> {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
    .sort()
  return await Promise.all(
    files.map(async (name) => {
      const file = `${folder}${name}`
      const { attack } = (await import(pathToFileURL(file).href)) as { attack: Attack }
      return { name: name.slice(0, -'.ts'.length), file, attack }
    }),
  )
}
