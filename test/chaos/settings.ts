import { createRandom, type Random } from '../../src/emulator/drawing/random.ts'

/** What the command `npm run chaos` says, as its tests read it; in `npm test` nobody says anything. */
const { CHAOS_SCALE, CHAOS_SEED } = process.env

/** Everything that is random follows from it. */
export const SEED: string = CHAOS_SEED ?? 'always the same'

/**
 * How often something is tried.
 *
 * @param full what the full run does; others do a part of it, rounded up.
 * @param short what `npm test` does.
 */
export function figure(full: number, short: number): number {
  return CHAOS_SCALE === undefined ? short : Math.ceil(full * Number(CHAOS_SCALE))
}

/** Whether only the short form runs. */
export const isShort: boolean = CHAOS_SCALE === undefined

/** The random numbers of one round, the same however many rounds there are. */
export function randomFor(...parts: readonly (string | number)[]): Random {
  return createRandom([SEED, ...parts].join('\n'))
}

/** A random order. */
export function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  return items
    .map((item) => [random.next(), item] as const)
    .sort(([left], [right]) => left - right)
    .map(([, item]) => item)
}
