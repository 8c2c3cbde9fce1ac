// Starts GraphiQL on this origin, with the examples that the page carries.
const setup = JSON.parse(document.getElementById("setup").textContent);
const fetcher = GraphiQL.createFetcher({
  url: "/graphql",
  headers: { accept: "application/graphql-response+json" },
});
ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher,
    defaultTabs: setup.examples,
    shouldPersistHeaders: false,
    isHeadersEditorEnabled: false,
  }),
);
