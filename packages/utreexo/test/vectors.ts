import { readFileSync } from 'node:fs'
import { hexToBytes } from '@sapwood/wire-codec'

/** A file of `vectors/`, which the caller knows the shape of. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
export function readVectors<Shape>(name: string): Shape {
  return JSON.parse(readFileSync(new URL(`./vectors/${name}.json`, import.meta.url), 'utf8')) as Shape
}

export const hexes = (list: readonly string[]): Uint8Array[] => list.map(hexToBytes)
