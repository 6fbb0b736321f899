import {
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { test } from 'vitest'
import { startEmulator } from '../../src/emulator/index.ts'
import { sha256 } from '../../src/shared/hash.ts'
import { conclude } from './findings.ts'
import { chaosProject } from './project.ts'
import { figure, randomFor, shuffled } from './settings.ts'

const ROUNDS = figure(120, 2)
const SHORT = '0123456789abcdef'
const MANIFEST =
  'images:\n  kira: { prompt: Kira, alt: "", size: 512x512, output: { formats: [webp], widths: [32] } }\n'

/** Places where a commit may have put a link. */
const PLACES = [
  '.imagegen',
  '.imagegen/pending',
  '.imagegen/locks',
  '.imagegen/quarantine',
  '.imagegen/trash',
  '.imagegen/types',
  '.imagegen/types/src',
  'out/src',
]

const COMMANDS = [
  ['plan', '--check'],
  ['verify'],
  ['prune', '--delete', '--older-than', '0m'],
  ['generate', '--yes'],
  ['types'],
  ['export', '--out', 'out'],
]

/** Files that look like files that the store or an export would move, delete or overwrite. */
const BAIT = [
  'notes.json',
  '.bashrc',
  `kira.${SHORT}.${SHORT}.json`,
  `kira.${SHORT}.01234567.jpg`,
  `kira.${SHORT}.01234567.json`,
  'key.0123456789abcdef.failure',
  'kira-32.webp',
  'cast.image.d.yaml.ts',
]

function seenIn(folder: string): string {
  return JSON.stringify(
    readdirSync(folder)
      .sort()
      .map((name) => {
        const file = path.join(folder, name)
        return [name, readFileSync(file, 'utf8'), lstatSync(file).mtimeMs]
      }),
  )
}

test('links in a checkout lead no command out of it', async () => {
  const broken: string[] = []
  let uses = 0
  await using emulator = await startEmulator({ rpm: 0 })
  for (let round = 0; round < ROUNDS; round++) {
    const random = randomFor('links', round)
    await using project = await chaosProject(emulator.url, { 'src/cast.image.yaml': MANIFEST })
    const outside = `${project.folder}-outside`
    mkdirSync(outside)
    try {
      for (const name of BAIT) writeFileSync(path.join(outside, name), 'private')
      const before = seenIn(outside)
      const [place = '.imagegen'] = shuffled(PLACES, random)
      mkdirSync(path.dirname(project.file(place)), { recursive: true })
      symlinkSync(outside, project.file(place))
      if (place === 'out/src') {
        const names = ['src/.bashrc', 'src/kira-32.webp', './src/.bashrc', 'src//notes.json']
        const files = Object.fromEntries(names.map((name) => [name, sha256('private')]))
        project.write({
          'out/images.json': JSON.stringify({ version: 1, images: {}, names: {}, files }),
        })
      }
      for (const command of shuffled(COMMANDS, random)) {
        const { code, stderr } = await project.run(...command)
        uses += 1
        const what = `round ${round}: ${command.join(' ')} with ${place} a link`
        if (seenIn(outside) !== before) broken.push(`${what} changed what lies outside`)
        if (typeof code !== 'number' || stderr.includes('    at ')) broken.push(`${what} crashed`)
      }
    } finally {
      rmSync(outside, { recursive: true })
    }
  }
  conclude([
    {
      scenario: 'links',
      promised: 'no command reads, moves, deletes or writes behind a link from a commit',
      measured: `${uses} commands in ${ROUNDS} checkouts, ${broken.length} led out`,
      broken,
    },
  ])
})
