// A longer script of the kind that customers write: orders against stock, with a report.
const orders = (input?.orders) ?? Array.from({length: 40}, (_, i) => ({id: `o-${String(i).padStart(3, "0")}`, customer: ["ann", "bob", "cid"][i % 3], lines: Array.from({length: i % 4 + 1}, (_, j) => ({sku: "sku" + (i + j) % 6, quantity: (i * j) % 3 + 1})), placed: new Date(Date.UTC(2024, 0, 1 + i)).toISOString(), status: i % 7 === 0 ? "cancelled" : "paid"}))
const catalogue = new Map(Array.from({length: 6}, (_, i) => ["sku" + i, {name: `Item ${i}`, cents: 250 * (i + 1), stock: 20 + i}]))
class StockError extends Error { constructor(sku, wanted, left) { super(`${sku}: wanted ${wanted}, left ${left}`); this.name = "StockError"; Object.assign(this, {sku, wanted, left}) } }
function reserve({lines}) {
  const taken = []
  try {
    for (const {sku, quantity} of lines) {
      const item = catalogue.get(sku) ?? (() => { throw new TypeError(`no ${sku}`) })()
      if (item.stock < quantity) throw new StockError(sku, quantity, item.stock)
      item.stock -= quantity
      taken.push([sku, quantity])
    }
  } catch (e) {
    for (const [sku, quantity] of taken) catalogue.get(sku).stock += quantity
    throw e
  }
}
const report = {accepted: 0, revenue: 0, refused: [], byCustomer: {}, byMonth: {}, bySku: {}}
for (const {id, status, customer, lines, placed} of orders) {
  if (status === "cancelled") continue
  try { reserve({lines}) } catch (e) {
    if (!(e instanceof StockError)) throw e
    report.refused.push(`${id} ${e.message}`)
    continue
  }
  const cents = lines.reduce((sum, {sku, quantity}) => sum + catalogue.get(sku).cents * quantity, 0)
  const discount = lines.length >= 3 ? 0.1 : 0
  const due = Math.round(cents * (1 - discount))
  report.accepted++
  report.revenue += due
  ;(report.byCustomer[customer] ??= {orders: 0, cents: 0}).orders++
  report.byCustomer[customer].cents += due
  report.byMonth[placed.slice(0, 7)] = (report.byMonth[placed.slice(0, 7)] ?? 0) + due
  for (const {sku, quantity} of lines) report.bySku[sku] = (report.bySku[sku] ?? 0) + quantity
}
const low = [...catalogue].filter(([, {stock}]) => stock < 5).map(([sku, {name, stock}]) => `${name} (${sku}): ${stock}`)
const table = Object.entries(report.byCustomer).sort(([, a], [, b]) => b.cents - a.cents).map(([c, {orders, cents}]) => `${c.padEnd(8)}${String(orders).padStart(4)}${(cents / 100).toFixed(2).padStart(10)}`).join("\n")
return {...report, refused: report.refused.slice(0, 5), refusedCount: report.refused.length, low, table, average: +(report.revenue / report.accepted / 100).toFixed(2)}
