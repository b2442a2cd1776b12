import { readdir } from 'node:fs/promises'
import { blockFileNumber } from '../files/block-frame.ts'

/** Numbers of the files with blocks in a folder, in order. */
export async function blockFilesIn(folder: string): Promise<readonly number[]> {
  const numbers = (await readdir(folder)).map(blockFileNumber)
  return numbers.filter((number) => number !== undefined).sort((a, b) => a - b)
}
