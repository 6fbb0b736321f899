import { createRandom, type Random } from '../../src/emulator/drawing/random.ts'

/** The settings of the command `npm run chaos`. `npm test` uses the defaults. */
const { CHAOS_SCALE, CHAOS_SEED } = process.env

/** The seed of all random numbers. */
export const SEED: string = CHAOS_SEED ?? 'always the same'

/**
 * How often something is tried.
 *
 * @param full the number of the full run; other runs do a part of it, rounded up.
 * @param short the number in `npm test`.
 */
export function figure(full: number, short: number): number {
  return CHAOS_SCALE === undefined ? short : Math.ceil(full * Number(CHAOS_SCALE))
}

/** Whether only the short form runs. */
export const isShort: boolean = CHAOS_SCALE === undefined

/** The random numbers of one round, the same for any number of rounds. */
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
