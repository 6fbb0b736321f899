import { Picture } from 'unplugin-imagegen/react'

/** @param {{ image: import('unplugin-imagegen').GeneratedImage }} props */
export function Badge({ image }) {
  return (
    <Picture
      image={image}
      sizes="16rem"
      style={{ width: '16rem', height: 'auto', borderRadius: '50%' }}
    />
  )
}
