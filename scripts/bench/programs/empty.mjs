// The least that Node can do.
