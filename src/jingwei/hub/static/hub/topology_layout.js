/**
 * Where systems stand in the topology picture: the busiest system in the middle, what feeds it on the left, what it feeds on the right,
 * further systems further out (layers by distance, as in Sugiyama's method, ordered by the mean of their neighbours).
 */
const NODE_WIDTH = 196;
const NODE_HEIGHT = 68;
const PORT_GAP = 30; // room for the label of one interface
const COLUMN_GAP = 222;
const ROW_GAP = 38;
const MARGIN = 16;
const SWEEPS = 8;

/** Split into groups that are joined with each other, largest first. */
function groupsOf(systems, neighbours) {
  const seen = new Set();
  const groups = [];
  for (const system of systems) {
    if (seen.has(system.id)) continue;
    const group = [];
    const open = [system.id];
    seen.add(system.id);
    while (open.length) {
      const id = open.pop();
      group.push(id);
      for (const { other } of neighbours.get(id)) if (!seen.has(other)) seen.add(other) && open.push(other);
    }
    groups.push(group);
  }
  return groups.sort((one, other) => other.length - one.length);
}

/** Which side of the middle a neighbour belongs to: −1 feeds, +1 is fed, 0 both. */
function sideOf(id, centre, interfaces) {
  let balance = 0;
  for (const { from, to, two_way: isTwoWay } of interfaces) {
    if (isTwoWay) continue;
    if (from === id && to === centre) balance -= 1;
    if (from === centre && to === id) balance += 1;
  }
  return Math.sign(balance);
}

/** Layer of every system of a group: 0 in the middle, negative to the left. */
function layersOf(group, neighbours, interfaces) {
  const centre = group.reduce((best, id) => (neighbours.get(id).length > neighbours.get(best).length ? id : best), group[0]);
  const layers = new Map([[centre, 0]]);
  const count = { [-1]: 0, 1: 0 };
  const first = [...new Set(neighbours.get(centre).map(({ other }) => other))].map((id) => [id, sideOf(id, centre, interfaces)]);
  for (const [id, side] of first.sort((one, other) => Math.abs(other[1]) - Math.abs(one[1]))) {
    const chosen = side || (count[-1] <= count[1] ? -1 : 1);
    count[chosen] += 1;
    layers.set(id, chosen);
  }
  const open = [...layers.keys()].filter((id) => id !== centre);
  for (let k = 0; k < open.length; k++) {
    const layer = layers.get(open[k]);
    for (const { other } of neighbours.get(open[k])) {
      if (layers.has(other)) continue;
      layers.set(other, layer + Math.sign(layer));
      open.push(other);
    }
  }
  return layers;
}

/** Order each column so that lines cross little; `near` is what each item is joined with. */
function orderColumns(columns, near) {
  const place = new Map();
  const number = () => columns.forEach((column) => column.forEach((id, index) => place.set(id, index - (column.length - 1) / 2)));
  number();
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const column of sweep % 2 ? [...columns].reverse() : columns) {
      const means = new Map(
        column.map((id) => {
          const others = near.get(id).filter((other) => !column.includes(other));
          return [id, others.length ? others.reduce((sum, other) => sum + place.get(other), 0) / others.length : place.get(id)];
        }),
      );
      column.sort((one, other) => means.get(one) - means.get(other));
      number();
    }
  }
}

/** The stations of an interface from its source to its target: the systems, and a way point in every column it passes. */
function stationsOf({ id, from, to }, columnOf) {
  const [first, last] = [columnOf.get(from), columnOf.get(to)];
  const step = Math.sign(last - first);
  const stations = [from];
  for (let column = first + step; step && column !== last; column += step) {
    const point = `way-${id}-${column}`;
    columnOf.set(point, column);
    stations.push(point);
  }
  return [...stations, to];
}

/** Nodes and way points of one group, with y from 0; returns the height used. */
function placeGroup(group, neighbours, interfaces, nodes, routes) {
  const layers = layersOf(group, neighbours, interfaces);
  const levels = [...new Set(layers.values())].sort((one, other) => one - other);
  const columnOf = new Map(group.map((id) => [id, levels.indexOf(layers.get(id))]));
  const near = new Map(group.map((id) => [id, []]));
  for (const each of interfaces.filter(({ from }) => layers.has(from))) {
    const stations = stationsOf(each, columnOf);
    routes.set(each.id, stations);
    for (let k = 1; k < stations.length; k++) {
      for (const [one, other] of [[stations[k - 1], stations[k]], [stations[k], stations[k - 1]]]) {
        if (!near.has(one)) near.set(one, []);
        near.get(one).push(other);
      }
    }
  }
  const columns = levels.map((_, column) => [...columnOf.keys()].filter((id) => columnOf.get(id) === column));
  orderColumns(columns, near);
  const heightOf = (id) => {
    if (!layers.has(id)) return PORT_GAP;
    const beside = (side) => near.get(id).filter((other) => Math.sign(columnOf.get(other) - columnOf.get(id)) === side).length;
    return Math.max(NODE_HEIGHT, PORT_GAP * Math.max(beside(-1), beside(1) + beside(0)) + 12);
  };
  const heights = columns.map((column) => column.reduce((sum, id) => sum + heightOf(id) + ROW_GAP, -ROW_GAP));
  const height = Math.max(...heights);
  columns.forEach((column, index) => {
    let y = (height - heights[index]) / 2;
    for (const id of column) {
      nodes.set(id, { id, x: index * (NODE_WIDTH + COLUMN_GAP), y, width: NODE_WIDTH, height: heightOf(id), column: index, isWay: !layers.has(id) });
      y += heightOf(id) + ROW_GAP;
    }
  });
  return height;
}

/** The side on which a line between two systems of one column runs: away from the middle, unless nothing lies beyond. */
function loopSide(column, nodes) {
  const columns = [...nodes.values()].map((node) => node.column);
  const [first, last] = [Math.min(...columns), Math.max(...columns)];
  if (column === first) return 1;
  if (column === last) return -1;
  return column < (first + last) / 2 ? -1 : 1;
}

/** Push labels {x, y, width, height} apart until none covers another; they stay near their lines. */
export function spread(labels) {
  for (let round = 0; round < 40; round++) {
    let isCalm = true;
    for (const one of labels) {
      for (const other of labels) {
        if (one === other || other.y < one.y || (other.y === one.y && labels.indexOf(other) < labels.indexOf(one))) continue;
        const isBeside = Math.abs(one.x - other.x) >= (one.width + other.width) / 2 + 4;
        const overlap = (one.height + other.height) / 2 + 3 - (other.y - one.y);
        if (isBeside || overlap <= 0) continue;
        one.y -= overlap / 2;
        other.y += overlap / 2;
        isCalm = false;
      }
    }
    if (isCalm) return;
  }
}

/** Give every end of an interface its place on the edge of its system, in the order of the other ends. */
function placeEnds(interfaces, nodes, routes) {
  const sides = new Map();
  const join = (node, other, isLoop) => {
    const way = isLoop ? loopSide(node.column, nodes) : Math.sign(other.column - node.column);
    const key = `${node.id}|${way}`;
    const end = { way };
    if (!sides.has(key)) sides.set(key, []);
    sides.get(key).push({ end, node, other });
    return end;
  };
  const edges = interfaces.map(({ id }) => {
    const stations = routes.get(id).map((station) => nodes.get(station));
    const isLoop = stations.length === 2 && stations[0].column === stations[1].column;
    const edge = { id, isLoop, from: join(stations[0], stations[1], isLoop), to: join(stations.at(-1), stations.at(-2), isLoop) };
    edge.ways = stations.slice(1, -1).map((point) => ({ left: point.x, right: point.x + point.width, y: point.y + point.height / 2 }));
    return edge;
  });
  for (const ends of sides.values()) {
    ends.sort((one, other) => one.other.y + one.other.height / 2 - other.other.y - other.other.height / 2);
    ends.forEach(({ end, node }, index) => {
      end.x = end.way > 0 ? node.x + node.width : node.x;
      end.y = node.y + node.height / 2 + (index - (ends.length - 1) / 2) * PORT_GAP;
    });
  }
  return edges;
}

/**
 * Lay out {systems, interfaces} → {width, height, nodes: Map id → {x, y, width, height}, edges: [{id, from, to, ways, isLoop}]};
 * an edge's ends are {x, y, way} (way +1 leaves to the right), its ways {left, right, y} between other systems.
 * Interfaces with an unknown end are left out.
 */
export function layOut({ systems, interfaces }) {
  const known = new Set(systems.map((system) => system.id));
  const drawn = interfaces.filter((each) => known.has(each.from) && known.has(each.to) && each.from !== each.to);
  const neighbours = new Map(systems.map((system) => [system.id, []]));
  for (const { from, to } of drawn) {
    neighbours.get(from).push({ other: to });
    neighbours.get(to).push({ other: from });
  }
  const groups = groupsOf(systems, neighbours);
  const [nodes, routes] = [new Map(), new Map()];
  let top = MARGIN;
  for (const group of groups.filter((each) => each.length > 1)) {
    const placed = new Map();
    const height = placeGroup(group, neighbours, drawn, placed, routes);
    for (const [id, node] of placed) nodes.set(id, { ...node, x: node.x + MARGIN, y: node.y + top });
    top += height + ROW_GAP * 1.5;
  }
  placeAlone(groups.filter((group) => group.length === 1).flat(), nodes, top);
  const edges = placeEnds(drawn, nodes, routes);
  const all = [...nodes.values()];
  for (const node of all) if (node.isWay) nodes.delete(node.id);
  const width = Math.max(...all.map((node) => node.x + node.width), 0) + MARGIN;
  const height = Math.max(...all.map((node) => node.y + node.height), 0) + MARGIN;
  return { width, height, nodes, edges };
}

/** Systems that nothing joins stand in rows below. */
function placeAlone(ids, nodes, top) {
  const across = Math.max(3, ...[...nodes.values()].map((node) => node.column * 2 + 1));
  ids.forEach((id, index) => {
    const [x, y] = [MARGIN + (index % across) * (NODE_WIDTH + 28), top + Math.floor(index / across) * (NODE_HEIGHT + ROW_GAP)];
    nodes.set(id, { id, x, y, width: NODE_WIDTH, height: NODE_HEIGHT, column: 0 });
  });
}
