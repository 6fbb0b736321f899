import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { toJsonSchema } from '@valibot/to-json-schema'

/**
 * As much of a JSON Schema as is looked at here.
 *
 * @typedef {object} Schema
 * @property {string} [$ref]
 * @property {string} [type]
 * @property {string} [description]
 * @property {string[]} [enum]
 * @property {string[]} [required]
 * @property {Schema[]} [anyOf]
 * @property {Record<string, Schema | false>} [properties]
 * @property {boolean} [additionalProperties]
 * @property {Record<string, Schema>} [dependencies]
 * @property {Schema} [if]
 * @property {Schema} [then]
 * @property {Schema} [else]
 */

/** @typedef {Record<string, Schema>} Definitions */

/**
 * The JSON Schema of manifests, made from the validator's own: what one accepts the other does.
 *
 * Its shape is for editors. A language server says of alternatives only that none of them matched, so wherever a
 * document already shows which of them is meant, a condition leads to that one.
 *
 * @param {string} folder where the compiled source is.
 * @returns {Promise<string>}
 */
export async function manifestJsonSchema(folder) {
  /** @param {string} file */
  const load = (file) => import(pathToFileURL(path.join(folder, 'manifest/schema', file)).href)
  const {
    EXCLUSIVE_FIELDS,
    jsonSchema: json,
    manifestSchema,
    overrideSchema,
  } = await load('schema.js')
  const { outputSchema } = await load('output.js')
  const { processSchema } = await load('process.js')
  const { colourSchema } = await load('operations/colour.js')
  const converted = toJsonSchema(manifestSchema, {
    target: 'draft-07',
    typeMode: 'input',
    errorMode: 'throw',
    // Written once: spelt out wherever they stand they would make the file several times as long.
    definitions: {
      output: outputSchema,
      process: processSchema,
      colour: colourSchema,
      json,
      override: overrideSchema,
    },
    // JSON has no other numbers.
    ignoreActions: ['finite'],
    // JSON Schema reads every pattern as Unicode. A second pattern on one text stays an error.
    overrideAction: ({ valibotAction, jsonSchema }) =>
      isUnicodePattern(valibotAction) && jsonSchema.pattern === valibotAction.requirement.source
        ? jsonSchema
        : undefined,
    // `$defs` came with a later draft.
    overrideRef: ({ referenceId }) => `#/definitions/${referenceId}`,
  })
  const { $schema, $defs, anyOf } =
    /** @type {{ $schema: string, $defs: Definitions, anyOf: [Schema, Schema] }} */ (converted)
  const [named, single] = anyOf
  return `${JSON.stringify({
    $schema,
    $id: 'urn:unplugin-imagegen:manifest',
    ...eitherForm(named, single),
    definitions: guideDefinitions({ ...$defs, named, single }, EXCLUSIVE_FIELDS),
  })}\n`
}

/**
 * A manifest has named images, is one image, or is a style, which has the fields of the first without the images. As long
 * as it shows none of them, editors offer the fields of all.
 *
 * @param {Schema} named
 * @param {Schema} single
 * @returns {Schema}
 */
function eitherForm(named, single) {
  const ofNamed = fieldsByReference('#/definitions/named', named)
  const ofSingle = fieldsByReference('#/definitions/single', single)
  /** @param {Definitions} fields */
  const only = (fields) => ({ type: 'object', properties: fields, additionalProperties: false })
  const images = named.required ?? []
  const ofStyle = without(ofNamed, [...images, ...Object.keys(ofSingle)])
  return {
    type: 'object',
    ...condition(
      hasOneOf(Object.fromEntries(images.map((field) => [field, {}]))),
      { $ref: '#/definitions/named' },
      condition(
        hasOneOf(ofStyle),
        only(ofNamed),
        condition(
          hasOneOf(without(ofSingle, Object.keys(ofNamed))),
          { $ref: '#/definitions/single' },
          only({ ...ofNamed, ...ofSingle }),
        ),
      ),
    ),
  }
}

/**
 * @param {Schema} test
 * @param {Schema} matched
 * @param {Schema} unmatched
 * @returns {Schema}
 */
function condition(test, matched, unmatched) {
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema; this object is never awaited.
  return { if: test, then: matched, else: unmatched }
}

/**
 * @param {Definitions} fields
 * @returns {Schema}
 */
function hasOneOf(fields) {
  return {
    anyOf: Object.keys(fields).map((field) => ({
      properties: { [field]: {} },
      required: [field],
    })),
  }
}

/**
 * Leads from alternatives to that for a map as soon as there is a map: `resize: { widht: 64 }` is then a misspelt name
 * and not a value that should have been a number. And adds what the validator says by itself, with both places: of some
 * fields a map has at most one.
 *
 * @param {Definitions} definitions
 * @param {ReadonlyArray<readonly [string, string]>} exclusive
 * @returns {Definitions}
 */
function guideDefinitions(definitions, exclusive) {
  /** @type {Definitions} */
  const hoisted = {}
  /** @type {Map<string, string>} */
  const places = new Map()

  /**
   * @param {string} name
   * @param {Schema} schema
   */
  const hoist = (name, schema) => {
    const text = JSON.stringify(schema)
    const known = places.get(text)
    if (known !== undefined) return known
    let unique = name
    for (let number = 2; unique in definitions || unique in hoisted; number++) {
      unique = `${name}${number}`
    }
    hoisted[unique] = schema
    places.set(text, `#/definitions/${unique}`)
    return `#/definitions/${unique}`
  }

  /**
   * @param {Schema} schema
   * @param {string} name of the field that it is for.
   * @returns {Schema}
   */
  const guide = (schema, name) => {
    const { anyOf, properties, ...rest } = schema
    /** @param {Schema | boolean} inner */
    const within = (inner) => (typeof inner === 'boolean' ? inner : guide(inner, name))
    /** @type {Schema} */
    const guided = Object.fromEntries(
      Object.entries(rest).map(([keyword, value]) => {
        if (!HOLDS_SCHEMAS.has(keyword)) return [keyword, value]
        const inner = /** @type {Schema | boolean | Schema[]} */ (value)
        return [keyword, Array.isArray(inner) ? inner.map(within) : within(inner)]
      }),
    )
    if (properties !== undefined) {
      guided.properties = Object.fromEntries(
        Object.entries(properties).map(([field, value]) => [field, value && guide(value, field)]),
      )
      const pairs = exclusive.filter((pair) => pair.every((field) => field in properties))
      if (pairs.length > 0) guided.dependencies = exclusions(pairs)
    }
    if (anyOf !== undefined) {
      Object.assign(
        guided,
        guideAlternatives(
          anyOf.map((one) => guide(one, name)),
          name,
        ),
      )
    }
    return guided
  }

  /**
   * @param {Schema[]} alternatives
   * @param {string} name
   * @returns {Schema}
   */
  const guideAlternatives = (alternatives, name) => {
    const flat = alternatives.flatMap((one) =>
      one.anyOf !== undefined && Object.keys(one).length === 1 ? one.anyOf : [one],
    )
    const [map, ...otherMaps] = flat.filter(({ type }) => type === 'object')
    const others = flat.filter(({ type }) => type !== 'object')
    if (map === undefined || otherMaps.length > 0 || others.length === 0) {
      return { anyOf: flat }
    }
    const place = hoist(name, map)
    const fields = map.properties ?? {}
    const words = others.flatMap((other) => other.enum ?? []).filter((word) => word in fields)
    // A map never comes to the last of these. What it could have is there for editors, which offer it where nothing is
    // written yet; of a field that is also a word they would make `rotate: rotate`.
    const offered = { type: 'object', properties: without(fieldsByReference(place, map), words) }
    return condition(
      { type: 'object' },
      { $ref: place },
      { anyOf: [...others.flatMap((other) => describedWords(other, fields)), offered] },
    )
  }

  const guided = Object.entries(definitions).map(([name, schema]) => [name, guide(schema, name)])
  return { ...Object.fromEntries(guided), ...hoisted }
}

/** Keywords whose values are schemas, beside `anyOf` and `properties`. */
const HOLDS_SCHEMAS = new Set(['items', 'additionalItems', 'additionalProperties'])

/**
 * @param {ReadonlyArray<readonly [string, string]>} pairs
 * @returns {Definitions}
 */
function exclusions(pairs) {
  return Object.fromEntries(
    pairs.map(([one, other]) => [one, { type: 'object', properties: { [other]: false } }]),
  )
}

/**
 * Words that are also names of fields, each with the field's description.
 *
 * @param {Schema} schema
 * @param {Record<string, Schema | false>} fields
 * @returns {Schema[]}
 */
function describedWords(schema, fields) {
  const words = schema.enum ?? []
  if (!words.some((word) => word in fields)) return [schema]
  return words.map((word) => {
    const { description } = fields[word] || {}
    return { enum: [word], ...(description === undefined ? {} : { description }) }
  })
}

/**
 * @param {string} place of the map in the document.
 * @param {Schema} map
 * @returns {Definitions}
 */
function fieldsByReference(place, map) {
  return Object.fromEntries(
    Object.keys(map.properties ?? {}).map((field) => [
      field,
      { $ref: `${place}/properties/${field}` },
    ]),
  )
}

/**
 * @param {Definitions} fields
 * @param {string[]} names
 * @returns {Definitions}
 */
function without(fields, names) {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)))
}

/**
 * @param {object} action
 * @returns {action is { requirement: RegExp }}
 */
function isUnicodePattern(action) {
  return (
    'requirement' in action &&
    action.requirement instanceof RegExp &&
    action.requirement.flags === 'u'
  )
}
