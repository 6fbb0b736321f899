import { Badge } from './badge.jsx'
import { explorer, sailor } from './badges.image.yaml'

export default { title: 'Badge', component: Badge }

export const Explorer = { args: { image: explorer } }

export const Sailor = { args: { image: sailor } }
