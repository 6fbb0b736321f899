import type { Studio } from './studio.ts'
import type { RunListener, Subject } from './subject.ts'

/** A dev server's part in the one studio of its process and root. */
export interface JoinedStudio {
  readonly address: string
  /** Whether this is the first time that anybody asked for the address. */
  readonly isNew: boolean
  /** The dev server ends. The last one ends the studio, unless another one soon follows it. */
  leave(): void
}

/** The studio of one root. */
interface Kept {
  readonly studio: Promise<Studio>
  /** The dev servers that use it, the newest last. */
  readonly subjects: Subject[]
  /** What is shown: the newest, also after it has ended. */
  shown: Subject
  follow: RunListener | undefined
  ending: NodeJS.Timeout | undefined
}

/**
 * Milliseconds for which a studio without a dev server stays: a dev server that restarts ends before it begins again, and
 * the open page goes on.
 */
const GRACE = 10_000

/** On the process: two copies of this package, or two plugins, in one dev server must not open two studios. */
const STUDIOS: unique symbol = Symbol.for('unplugin-imagegen.studios.1')

type Keeper = NodeJS.Process & { [STUDIOS]?: Map<string, Kept> }

function studios(): Map<string, Kept> {
  const keeper: Keeper = process
  return (keeper[STUDIOS] ??= new Map())
}

/**
 * Joins the studio of a root.
 *
 * @param root absolute.
 * @param how `begin` starts one if needed; `if-there` only joins an existing one.
 * @throws ImagegenError if it cannot be started.
 */
export async function joinStudio(
  root: string,
  subject: Subject,
  onProblem: (error: unknown) => void,
  how: 'begin' | 'if-there',
): Promise<JoinedStudio | undefined> {
  const all = studios()
  const found = all.get(root)
  if (found === undefined && how === 'if-there') return undefined
  const kept = found ?? begin(root, subject, onProblem, all)
  clearTimeout(kept.ending)
  if (!kept.subjects.includes(subject)) kept.subjects.push(subject)
  kept.shown = subject
  if (kept.follow !== undefined) subject.onRun?.(kept.follow)
  const { address } = await kept.studio
  return {
    address,
    isNew: found === undefined,
    leave() {
      const index = kept.subjects.indexOf(subject)
      if (index < 0) return
      kept.subjects.splice(index, 1)
      const last = kept.subjects.at(-1)
      if (last !== undefined) {
        kept.shown = last
        return
      }
      kept.ending = setTimeout(() => {
        all.delete(root)
        void kept.studio.then((studio) => studio.close()).catch(onProblem)
      }, GRACE)
      kept.ending.unref()
    },
  }
}

function begin(
  root: string,
  first: Subject,
  onProblem: (error: unknown) => void,
  all: Map<string, Kept>,
): Kept {
  const switching: Subject = {
    kind: 'dev-server',
    pipeline: () => kept.shown.pipeline(),
    survey: () => kept.shown.survey(),
    refresh: (files) => kept.shown.refresh(files),
    onRun(listener) {
      kept.follow = listener
      for (const subject of kept.subjects) subject.onRun?.(listener)
    },
  }
  const start = async (): Promise<Studio> => {
    // Loaded here: every dev server looks for a studio at its start, and few need one then.
    const [{ startStudio }, { readPage }, { findEditor }] = await Promise.all([
      import('./studio.ts'),
      import('./listener/page-file.ts'),
      import('./actions/programs.ts'),
    ])
    const studio = await startStudio({
      subject: switching,
      page: await readPage(),
      editor: findEditor(process.env),
      onProblem,
    })
    studio.unref()
    return studio
  }
  const kept: Kept = {
    // The next tick: what it shows has to be there first.
    studio: Promise.resolve().then(start),
    subjects: [],
    shown: first,
    follow: undefined,
    ending: undefined,
  }
  kept.studio.catch(() => all.delete(root))
  all.set(root, kept)
  return kept
}
