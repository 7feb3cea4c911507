// Parses KQL queries against the tables they may use, and says what each refers to.
// usage: node analyse.mjs PACKAGE < request.json
//   PACKAGE: folder of @kusto/language-service-next
//   request: { "tables": { "<name>": "<column>: <type>, …" }, "queries": { "<name>": "<text>" } }
//   answer (columns are those of the result):
//            { "<name>": { "faults": […], "tables": […], "columns": […], "properties": […], "compared": { "<expression>": ["<text>", …] } } }
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInThisContext } from 'node:vm';

// The package is compiled from C# for browsers: two scripts that define globals.
for (const script of ['bridge.min.js', 'Kusto.Language.Bridge.min.js']) {
  runInThisContext(readFileSync(join(process.argv[2], script), 'utf8'), { filename: script });
}

const { KustoCode, GlobalState, Symbols, Syntax } = Kusto.Language;
const request = JSON.parse(readFileSync(0, 'utf8'));

const tables = Object.entries(request.tables).map(([name, columns]) => Symbols.TableSymbol.From(`(${columns})`).WithName(name));
const database = new Symbols.DatabaseSymbol.ctor('workspace', tables);
const globals = GlobalState.Default.WithDatabase(database);

const answer = {};
for (const [name, text] of Object.entries(request.queries)) {
  answer[name] = analyse(text);
}

console.log(JSON.stringify(answer));

function analyse(text) {
  const code = KustoCode.ParseAndAnalyze(text, globals);
  const found = { faults: [], tables: new Set(), columns: [], properties: new Set(), compared: {} };
  each(code.GetDiagnostics(), (diagnostic) => {
    const line = text.slice(0, diagnostic.Start).split('\n').length;
    found.faults.push(`${diagnostic.Severity} ${diagnostic.Code}, line ${line}, '${text.substr(diagnostic.Start, diagnostic.Length)}': ${diagnostic.Message}`);
  });

  Syntax.SyntaxElement.WalkNodes(code.Syntax, (node) => {
    const symbol = node instanceof Syntax.NameReference ? node.ReferencedSymbol : null;
    if (symbol instanceof Symbols.TableSymbol && tables.some((table) => table.Name === symbol.Name)) {
      found.tables.add(symbol.Name);
    }

    if (node instanceof Syntax.PathExpression && textOf(node.Expression) === 'Properties') {
      found.properties.add(textOf(node.Selector));
    } else if (node instanceof Syntax.ElementExpression && textOf(node.Expression) === 'Properties') {
      found.faults.push(`${textOf(node)}: write Properties.<name>, so that the name can be checked`);
    } else if (node instanceof Syntax.BinaryExpression && node.Right instanceof Syntax.LiteralExpression) {
      compared(found, node.Left, [node.Right]);
    } else if (node instanceof Syntax.InExpression) {
      const values = [];
      each(node.Right.Expressions, (element) => values.push(element.Element$1 ?? element.Element));
      compared(found, node.Left, values);
    }
  });

  if (code.ResultType instanceof Symbols.TableSymbol) {
    each(code.ResultType.Columns, (column) => found.columns.push(column.Name));
  }

  return { ...found, tables: [...found.tables], properties: [...found.properties] };
}

function compared(found, left, literals) {
  const texts = literals.map((literal) => literal.LiteralValue).filter((value) => typeof value === 'string');
  if (texts.length > 0) {
    found.compared[textOf(left)] = [...(found.compared[textOf(left)] ?? []), ...texts];
  }
}

function textOf(node) {
  return node.ToString().trim();
}

function each(list, action) {
  for (let index = 0; index < list.Count; index++) {
    action(list.getItem(index));
  }
}
