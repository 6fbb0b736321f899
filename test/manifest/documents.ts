import * as fc from 'fast-check'

type Step = string | number

/** Values that are valid, or nearly valid, for some field. */
const VALUES: readonly unknown[] = [
  [null, true, false, '', 'x', [], {}, [[]], [{}], { x: 1 }],
  [0, 1, -1, 2.5, 64, 100, 101, 256, 16383, 16384, 1e9, 2 ** 53, -0, 1e300],
  ['webp', 'original', 'cover', 'north', 'nearest', 'over', '#fff', 'rgb(1,2,3)', 'red'],
  ['16:9', '1280x720', './a.png', '#kira', '${season}', '\u{1f600}'],
  ['trim', { flip: true }, { resize: { width: 1 } }, { r: 1, g: 2, b: 3 }, { from: '#a' }],
].flat()

const KEYS = [
  ['images', 'defaults', 'vars', 'prompt', 'source', 'aspectRatio', 'size', 'matrix', 'n'],
  ['quality', 'width', 'left', 'top', 'input', 'from', 'type', 'resize', 'rotate', 'effort'],
  ['constructor', 'prototype', '__proto__', 'toString', 'hasOwnProperty', 'default'],
  ['', 'a b', 'é', '${a}', '木', '1', '.x', '-x', 'x.y'],
].flat()

/** Valid documents with up to three changes at any depth. */
export function documentsLike(good: readonly unknown[]): fc.Arbitrary<unknown> {
  const change = fc.record({
    at: fc.nat(),
    how: fc.constantFrom('replace', 'rename', 'remove', 'add', 'move'),
    key: fc.oneof(fc.constantFrom(...KEYS), fc.string({ maxLength: 12 })),
    value: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...VALUES) },
      { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
    ),
    from: fc.nat(),
  })
  return fc
    .tuple(fc.constantFrom(...good), fc.array(change, { minLength: 1, maxLength: 3 }))
    .map(([document, changes]) =>
      changes.reduce((changed: unknown, { at, how, key, value, from }) => {
        const places = placesIn(changed)
        const place = places[at % places.length] ?? []
        const last = place.at(-1)
        const parent = place.slice(0, -1)
        switch (how) {
          case 'rename':
            if (typeof last !== 'string') return changed
            return put(put(changed, place, undefined), [...parent, key], get(changed, place))
          case 'remove':
            return last === undefined ? changed : put(changed, place, undefined)
          case 'add':
            return put(changed, [...parent, key], value)
          case 'move':
            return put(changed, place, get(changed, places[from % places.length] ?? []))
          case 'replace':
            return put(changed, place, value)
          default:
            return how satisfies never
        }
      }, document),
    )
}

function placesIn(value: unknown, place: readonly Step[] = []): Array<readonly Step[]> {
  if (typeof value !== 'object' || value === null) return [place]
  const inner = Array.isArray(value)
    ? value.flatMap((member, index) => placesIn(member, [...place, index]))
    : Object.entries(value).flatMap(([key, member]) => placesIn(member, [...place, key]))
  return [place, ...inner]
}

function get(value: unknown, place: readonly Step[]): unknown {
  return place.reduce((inner: unknown, step) => (inner as Record<Step, unknown>)[step], value)
}

/** Replaces the value at a path; `undefined` removes it. */
function put(value: unknown, place: readonly Step[], replacement: unknown): unknown {
  const [step, ...rest] = place
  if (step === undefined) return replacement
  if (Array.isArray(value)) {
    return value.flatMap((member, index) => {
      if (index !== step) return [member as unknown]
      const changed = put(member, rest, replacement)
      return changed === undefined ? [] : [changed]
    })
  }
  if (typeof value !== 'object' || value === null) return value
  const entries = new Map<string, unknown>(Object.entries(value))
  const changed = put(entries.get(String(step)), rest, replacement)
  if (changed === undefined) entries.delete(String(step))
  else entries.set(String(step), changed)
  // Do not assign, because `__proto__` is an ordinary name here.
  return Object.fromEntries(entries)
}
