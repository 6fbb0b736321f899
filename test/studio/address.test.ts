import { describe, expect, it } from 'vitest'
import { formatAddress, parseAddress, type Address } from '../../src/studio/page/address.ts'

const ADDRESS: Address = {
  token: '0f+/=',
  place: { view: 'wall' },
  wall: { text: '', state: null, model: null, sort: 'written', density: 'comfortable' },
  singleKeys: true,
}

describe('the address of the page', () => {
  it.each<[what: string, address: Address]>([
    ['the wall', ADDRESS],
    ['the plan', { ...ADDRESS, place: { view: 'plan' } }],
    ['what was spent', { ...ADDRESS, place: { view: 'spend' } }],
    ['what is left over', { ...ADDRESS, place: { view: 'left-over', place: 'store' } }],
    ['the trash', { ...ADDRESS, place: { view: 'left-over', place: 'trash' } }],
    [
      'an image of any name',
      { ...ADDRESS, place: { view: 'image', id: 'ü &=/a.image.yaml#n+1 %23' } },
    ],
    [
      'images that are compared, some by a candidate',
      {
        ...ADDRESS,
        place: {
          view: 'compare',
          images: [
            { id: 'a.image.yaml#kira', candidate: '0f3a9b12' },
            { id: 'b&=.image.yaml', candidate: null },
          ],
        },
      },
    ],
    [
      'filters',
      {
        ...ADDRESS,
        wall: {
          text: 'red & "blue"#',
          state: 'missing',
          model: 'image-01',
          sort: 'time',
          density: 'compact',
        },
      },
    ],
    ['keys that are turned off', { ...ADDRESS, singleKeys: false }],
  ])('keeps %s', (_, address) => {
    expect(parseAddress(formatAddress(address))).toEqual(address)
  })

  it('is no more than the token where everything is as usual', () => {
    expect(formatAddress({ ...ADDRESS, token: 'a1' })).toBe('#token=a1')
  })

  it('shows the wall as usual where its words mean nothing', () => {
    expect(parseAddress('#token=a1&view=moon&state=new&sort=up&density=x')).toEqual({
      ...ADDRESS,
      token: 'a1',
    })
  })
})
