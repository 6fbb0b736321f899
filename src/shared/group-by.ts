/** Groups members by a name. Groups and members keep their order. */
export function groupBy<Name, Member>(
  members: Iterable<Member>,
  nameOf: (member: Member) => Name,
): Map<Name, [Member, ...Member[]]> {
  const groups = new Map<Name, [Member, ...Member[]]>()
  for (const member of members) {
    const name = nameOf(member)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [member])
    else group.push(member)
  }
  return groups
}
