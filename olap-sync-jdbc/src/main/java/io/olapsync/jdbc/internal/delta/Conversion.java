package io.olapsync.jdbc.internal.delta;

import io.olapsync.InvalidPlanException;
import io.olapsync.jdbc.internal.Names;
import io.olapsync.spi.DeltaSource;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The statements that turn materialized views into delta tables, in the order in which one transaction runs them: first what
 * takes long and locks nobody out, then the change of places, for which readers wait, and last the triggers, for which
 * writers do. The rows are those that readers see already; the first refresh looks at all of them, by a snapshot that is
 * younger than the triggers.
 */
public final class Conversion {

    private final Connection connection;
    private final Map<ViewName, DeltaSpec> declared;
    private final boolean replicated;
    private final List<String> sql = new ArrayList<>();
    private final List<Capture> captures = new ArrayList<>();
    private int nextDelta;
    private int nextCapture;
    private int firstOfItsOwn;

    private Conversion(Connection connection, Map<ViewName, DeltaSpec> declared, boolean replicated) {
        this.connection = connection;
        this.declared = declared;
        this.replicated = replicated;
    }

    /**
     * The statements; none where all is as declared.
     *
     * @param replicated whether changes that replication applies are captured too
     * @throws InvalidPlanException with all that is wrong with what was declared
     */
    public static List<String> of(Connection connection, Map<ViewName, DeltaSpec> declared, boolean replicated)
            throws SQLException {
        return new Conversion(connection, declared, replicated).statements();
    }

    private List<String> statements() throws SQLException {
        nextDelta = Registry.next(connection, "delta_table");
        nextCapture = Registry.next(connection, "capture");
        firstOfItsOwn = nextCapture;
        captures.addAll(Registry.captures(connection));
        Map<ViewName, Declaration> checked = checked();
        List<Declaration> fresh = checked.values().stream()
                .filter(declaration -> declaration.view().isMaterializedView())
                .toList();
        convert(fresh);
        for (Declaration declaration : checked.values()) {
            Optional<Registry.Installed> installed =
                    Registry.installed(connection, declaration.view().name());
            if (installed.isEmpty()) {
                continue;
            }
            int id = installed.get().id();
            if (!Registry.isDeclared(connection, id, declaration.spec())) {
                redeclare(id, declaration);
            } else {
                mend(Registry.capturesOf(connection, id));
            }
        }
        if (!sql.isEmpty()) {
            sql.addAll(0, Succession.settings());
        }
        return List.copyOf(sql);
    }

    private Map<ViewName, Declaration> checked() throws SQLException {
        List<String> problems = new ArrayList<>();
        Map<ViewName, Declaration> checked = new LinkedHashMap<>();
        Dependents dependents = new Dependents(connection);
        for (ViewName view : dependents.upstreamFirst(declared.keySet())) {
            DeltaSpec spec = declared.get(view);
            if (spec != null) {
                Declaration.check(connection, view, spec, declared.keySet(), problems)
                        .ifPresent(declaration -> checked.put(view, declaration));
            }
        }
        List<ViewName> succeeded = checked.values().stream()
                .filter(declaration -> declaration.view().isMaterializedView())
                .map(declaration -> declaration.view().name())
                .toList();
        for (Dependents.Obstacle obstacle : dependents.obstacles(dependents.upstreamFirst(succeeded))) {
            problems.add(Dependents.described(obstacle)
                    + " depends on it and cannot be carried over: drop it, convert, and create it again");
        }
        if (!problems.isEmpty()) {
            throw new InvalidPlanException("the declaration of delta tables", problems);
        }
        return checked;
    }

    /** A materialized view that gets a successor: a delta table as declared, or one like itself because of what it reads. */
    private record Successor(Relation relation, int id, Optional<Declaration> declaration, Succession succession) {}

    private void convert(List<Declaration> declarations) throws SQLException {
        List<Successor> successors = successors(declarations);
        List<Successor> converted =
                successors.stream().filter(s -> s.declaration().isPresent()).toList();
        Set<String> replacements = replacements(successors);
        for (Successor one : converted) {
            Relation view = one.relation();
            sql.addAll(one.succession()
                    .building(view.populated() ? "SELECT * FROM " + view.name().sql() : view.definition()));
        }
        converted.forEach(one -> sql.addAll(one.succession().taking()));
        for (Successor one : successors) {
            if (one.declaration().isEmpty()) {
                sql.addAll(one.succession().building(one.relation().definitionWithData()));
                sql.addAll(one.succession().taking());
            }
        }
        sql.addAll(replacements);
        converted.forEach(one -> definition(one.id(), one.relation()));
        for (int i = successors.size() - 1; i >= 0; i--) { // what reads goes before what is read
            sql.addAll(successors.get(i).succession().ending());
        }
        for (Successor one : converted) {
            boolean room = !one.relation().withRoom().equals(one.relation());
            install(one.id(), one.declaration().orElseThrow(), room);
        }
    }

    private List<Successor> successors(List<Declaration> declarations) throws SQLException {
        Map<ViewName, Declaration> byName = new LinkedHashMap<>();
        declarations.forEach(declaration -> byName.put(declaration.view().name(), declaration));
        List<Successor> successors = new ArrayList<>();
        for (ViewName name : new Dependents(connection).upstreamFirst(byName.keySet())) {
            Relation relation = Relation.read(connection, name)
                    .orElseThrow(() -> new SQLException(name.sql() + " has gone", "42P01"));
            int id = nextDelta++;
            Optional<Declaration> declaration = Optional.ofNullable(byName.get(name));
            Succession succession = declaration.isPresent()
                    ? new Succession(relation.withRoom(), "TABLE", id)
                    : new Succession(relation, "MATERIALIZED VIEW", id);
            successors.add(new Successor(relation, id, declaration, succession));
        }
        return successors;
    }

    /** What points the plain views and functions that read one of them to its successor, by name. */
    private Set<String> replacements(List<Successor> successors) throws SQLException {
        Dependents dependents = new Dependents(connection);
        Set<String> replacements = new LinkedHashSet<>();
        for (Successor one : successors) {
            dependents.of(one.relation().name()).stream()
                    .filter(reader -> !reader.isMaterializedView())
                    .forEach(reader -> replacements.add(reader.replacement()));
            replacements.addAll(dependents.functions(one.relation().name()));
        }
        return replacements;
    }

    private void definition(int id, Relation view) {
        String name = DeltaNames.definition(id);
        sql.add("CREATE VIEW " + name + " AS " + view.definition());
        sql.add("COMMENT ON VIEW " + name + " IS "
                + Texts.literal("olap-sync: the definition of " + view.name().sql()));
        if (!view.ownedByThisRole()) {
            String owner = Names.quote(view.owner());
            if (!view.ownerMayCreateParts()) {
                sql.add("GRANT CREATE ON SCHEMA olap_sync TO " + owner);
            }
            sql.add("ALTER VIEW " + name + " OWNER TO " + owner);
            if (!view.ownerMayCreateParts()) {
                sql.add("REVOKE CREATE ON SCHEMA olap_sync FROM " + owner);
            }
        }
    }

    private void install(int id, Declaration declaration, boolean room) throws SQLException {
        ViewName view = declaration.view().name();
        sql.add("DELETE FROM olap_sync.delta_table WHERE view_schema = " + Texts.literal(view.schema())
                + " AND view_name = " + Texts.literal(view.name()));
        sql.add(
                "INSERT INTO olap_sync.delta_table (id, view_schema, view_name, key_columns, declared, aging, timed, pushed_down, additive, room)"
                        + " VALUES (" + id + ", " + Texts.literal(view.schema()) + ", " + Texts.literal(view.name())
                        + ", "
                        + Texts.array(declaration.spec().key()) + ", " + Declaration.json(declaration.spec()) + ", "
                        + declaration.spec().aging().map(Texts::literal).orElse("NULL") + ", " + declaration.timed()
                        + ", NULL, " + declaration.isAdditive() + ", " + room + ")");
        sources(id, declaration);
        sql.add("CREATE TRIGGER " + DeltaNames.guard(id) + " BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON "
                + view.sql() + " FOR EACH STATEMENT EXECUTE FUNCTION olap_sync.guard_delta_table()");
    }

    private void redeclare(int id, Declaration declaration) throws SQLException {
        sql.addAll(DeltaViews.removal(id, Registry.capturesOf(connection, id)));
        sql.add("DELETE FROM olap_sync.delta_source WHERE delta_id = " + id);
        sql.add("UPDATE olap_sync.delta_table SET key_columns = "
                + Texts.array(declaration.spec().key()) + ", declared = "
                + Declaration.json(declaration.spec()) + ", aging = "
                + declaration.spec().aging().map(Texts::literal).orElse("NULL") + ", timed = " + declaration.timed()
                + ", pushed_down = NULL, additive = " + declaration.isAdditive()
                + ", shown = NULL, key_micros = NULL, refused = 0, in_vain = 0 WHERE id = " + id);
        List<Capture> leftOver = new ArrayList<>(Registry.capturesOnlyOf(connection, List.of(id)));
        List<Capture> used = sources(id, declaration);
        leftOver.removeAll(used);
        remove(leftOver);
    }

    /** Creates and enables what is missing of the triggers; nobody waits where nothing is. */
    private void mend(List<Capture> used) throws SQLException {
        for (Capture capture : used) {
            Triggers.of(connection, capture).mending(replicated).stream()
                    .filter(statement -> !sql.contains(statement))
                    .forEach(sql::add);
        }
    }

    /** Takes away captures that nothing reads any more. */
    private void remove(List<Capture> leftOver) {
        for (Capture capture : leftOver) {
            sql.add("DELETE FROM olap_sync.capture WHERE id = " + capture.id());
            sql.addAll(capture.removal());
        }
    }

    private List<Capture> sources(int id, Declaration declaration) throws SQLException {
        List<DeltaViews.Captured> sources = new ArrayList<>();
        for (DeltaSource source : declaration.spec().sources()) {
            Capture capture = capture(source, declaration.images(source.table()));
            sources.add(new DeltaViews.Captured(source, capture));
            sql.add("INSERT INTO olap_sync.delta_source (delta_id, capture_id) VALUES (" + id + ", " + capture.id()
                    + ")");
        }
        DeltaViews views = new DeltaViews(id, declaration.key(), sources);
        sql.add(views.pending());
        sql.add(views.keys());
        sql.addAll(views.images());
        if (!declaration.view().ownedByThisRole()) {
            String owner = " TO " + Names.quote(declaration.view().owner());
            sql.add("GRANT SELECT ON " + String.join(", ", views.names()) + owner);
            sources.forEach(source ->
                    sql.add((source.capture().fed() ? "GRANT SELECT, INSERT, DELETE ON " : "GRANT SELECT, DELETE ON ")
                            + DeltaNames.changes(source.capture().id())
                            + owner));
        }
        return sources.stream().map(DeltaViews.Captured::capture).toList();
    }

    /**
     * The capture of a source: one that there is already, or a new one.
     *
     * @param used the columns whose images sums are maintained from; empty: the declared ones are enough
     */
    private Capture capture(DeltaSource source, List<String> used) throws SQLException {
        Set<String> names = new LinkedHashSet<>(source.columns());
        names.addAll(used);
        for (Capture capture : captures) {
            if (capture.table().equals(source.table())
                    && capture.images() == !used.isEmpty()
                    && capture.fed() == source.fed()
                    && capture.columns().stream().map(Column::name).toList().equals(List.copyOf(names))) {
                if (capture.id() < firstOfItsOwn) {
                    mend(List.of(capture));
                }
                return capture;
            }
        }
        Sources sources = new Sources(connection);
        Map<String, Column> columns = sources.columns(source.table()).stream()
                .map(Sources.SourceColumn::column)
                .collect(Collectors.toMap(Column::name, column -> column));
        List<Column> captured = names.stream()
                .flatMap(name -> Optional.ofNullable(columns.get(name)).stream())
                .toList();
        Capture capture = new Capture(nextCapture++, source.table(), captured, !used.isEmpty(), source.fed());
        captures.add(capture);
        sql.addAll(capture.creation(replicated));
        sql.add(
                "INSERT INTO olap_sync.capture (id, table_schema, table_name, columns, images, fed, most_bytes) VALUES ("
                        + capture.id()
                        + ", "
                        + Texts.literal(source.table().schema()) + ", "
                        + Texts.literal(source.table().name()) + ", "
                        + Texts.array(names) + ", " + capture.images() + ", " + capture.fed() + ", "
                        + Overflow.MOST_BYTES + ")");
        for (Sources.Read member : sources.members(source.table())) {
            sql.addAll(capture.triggersOn(member, replicated));
        }
        return capture;
    }
}
