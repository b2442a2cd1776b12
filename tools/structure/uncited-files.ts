import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { sourceFiles } from './read-imports.ts'

/**
 * Files whose head, the comment before everything else, does not have the link that the list has for them,
 * and entries of the list that lead nowhere.
 * @param folder that the paths of the list start from.
 */
export function uncitedFiles(folder: string, sources: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(sources).flatMap(([path, link]) => {
    if (!existsSync(join(folder, path))) return [`${path} is not there`]
    return filesOf(folder, path)
      .filter((file) => !isCited(readFileSync(join(folder, file), 'utf8'), link))
      .map((file) => `${file} has no head with @module and a link to ${link}`)
  })
}

function filesOf(folder: string, path: string): readonly string[] {
  if (!statSync(join(folder, path)).isDirectory()) return [path]
  return sourceFiles(join(folder, path)).map((file) => join(path, file))
}

function isCited(text: string, link: string): boolean {
  const head = /^\/\*\*.*?\*\//s.exec(text)?.[0] ?? ''
  return head.includes('@module') && head.includes('https://') && head.includes(link)
}
