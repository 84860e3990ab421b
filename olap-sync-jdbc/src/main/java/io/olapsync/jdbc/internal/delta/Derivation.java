package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.DeltaProposal;
import io.olapsync.jdbc.internal.Names;
import io.olapsync.jdbc.internal.doctor.DerivedKeys;
import io.olapsync.jdbc.internal.doctor.Steadiness;
import io.olapsync.spi.DeltaSource;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Derives the declaration of a delta table from a view's unique index and definition. */
public final class Derivation {

    private Derivation() {}

    /** What can be told of a view. */
    public static DeltaProposal of(Connection connection, ViewName view) throws SQLException {
        Optional<Relation> relation = Relation.read(connection, view);
        if (relation.isEmpty()) {
            return nothing(view, "there is no materialized view " + view.sql() + ": check its name");
        }
        long definition = relation.get().oid();
        if (!relation.get().isMaterializedView()) {
            Optional<Registry.Installed> installed = Registry.installed(connection, view);
            if (installed.isEmpty()) {
                return nothing(
                        view, view.sql() + " is a table, and no delta table of this library: name a materialized view");
            }
            definition = installed.get().definition();
        }
        List<Integer> identity = Identity.of(connection, view);
        if (identity.isEmpty()) {
            return nothing(
                    view,
                    view.sql()
                            + " has no unique index on plain columns alone, without a WHERE clause: create one, for its"
                            + " columns are where a key is looked for");
        }
        return proposal(connection, relation.get(), definition, DerivedKeys.of(connection, definition, identity));
    }

    private static DeltaProposal proposal(Connection connection, Relation view, long definition, DerivedKeys derived)
            throws SQLException {
        List<String> names = view.columns().stream()
                .map(attribute -> attribute.column().name())
                .toList();
        if (derived.key().isEmpty()) {
            return nothing(
                    view.name(),
                    "no column of " + view.name().sql()
                            + " is, in the definition, a column of a table that is in every row, grouped by and in every PARTITION"
                            + " BY: name key columns by which all of its rows can be recomputed, or leave it a materialized view");
        }
        DeltaSpec spec = new DeltaSpec(
                derived.key().stream().map(place -> names.get(place - 1)).toList(), List.of(), Optional.empty());
        List<String> missing = new ArrayList<>();
        for (var way : derived.ways().entrySet()) {
            String query = way.getValue().query();
            spec = spec.with(new DeltaSource(
                    way.getKey(), way.getValue().columns(), query.isEmpty() ? Optional.empty() : Optional.of(query)));
        }
        for (ViewName table : derived.unknown()) {
            missing.add("how a changed row of " + table.sql() + " leads to " + Names.quote(spec.key()) + " of "
                    + view.name().sql()
                    + " is not to be seen from equal columns of joins: declare it with .source, .lookup or .whole");
        }
        if (!Steadiness.of(connection, definition).clocks().isEmpty()) {
            missing.add("the definition of " + view.name().sql()
                    + " depends on the time: name the rows that change with it by .aging, or nothing, and the full sync"
                    + " computes all of it");
        }
        return new DeltaProposal(view.name(), Optional.of(spec), missing);
    }

    private static DeltaProposal nothing(ViewName view, String why) {
        return new DeltaProposal(view, Optional.empty(), List.of(why));
    }
}
