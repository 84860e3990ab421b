package io.olapsync.jdbc.internal.doctor;

import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Parsed queries, looked at for what could make their result depend on more than the rows they read. Whatever is not known
 * to be harmless is not: node types that a later server brings along, too. Used by one thread.
 */
final class Trees {

    /** As 14 calls them, and as later servers do. */
    private static final Set<String> HARMLESS = Set.of(
            ("AGGREF ALIAS ARRAY ARRAYCOERCEEXPR ARRAYEXPR BOOLEANTEST BOOLEXPR CASE CASEEXPR CASETESTEXPR CASEWHEN COALESCE"
                            + " COALESCEEXPR COERCEVIAIO COLLATE COLLATEEXPR COMMONTABLEEXPR CONST DISTINCTEXPR FROMEXPR"
                            + " FUNCEXPR GROUPINGFUNC GROUPINGSET JOINEXPR MINMAX MINMAXEXPR NULLIFEXPR NULLTEST OPEXPR"
                            + " PARAM QUERY RANGETBLENTRY RANGETBLFUNCTION RANGETBLREF RELABELTYPE ROW ROWEXPR RTE"
                            + " RTEPERMISSIONINFO SCALARARRAYOPEXPR SETOPERATIONSTMT SORTGROUPCLAUSE SUBLINK"
                            + " SUBSCRIPTINGREF TARGETENTRY VAR WHEN WINDOWCLAUSE WINDOWFUNC")
                    .split(" "));

    /** {@code CMD_SELECT}. */
    private static final long SELECT = 1;

    /** {@code RTE_RELATION}. */
    private static final long RELATION = 0;

    /** {@code RTE_TABLEFUNC}: XML and JSON, whose dates depend on settings. */
    private static final long TABLE_FUNCTION = 4;

    private static final List<String> FUNCTION_FIELDS =
            List.of("funcid", "opfuncid", "winfnoid", "aggfnoid", "startInRangeFunc", "endInRangeFunc");

    /** Those that no expression is without; absent in the text form, or 0, would mean that it is not understood. */
    private static final Set<String> CALLS =
            Set.of("FUNCEXPR", "OPEXPR", "DISTINCTEXPR", "NULLIFEXPR", "SCALARARRAYOPEXPR", "AGGREF", "WINDOWFUNC");

    private static final List<String> TYPE_FIELDS = List.of(
            "vartype",
            "consttype",
            "funcresulttype",
            "opresulttype",
            "aggtype",
            "wintype",
            "casetype",
            "coalescetype",
            "minmaxtype",
            "resulttype",
            "paramtype",
            "typeId");

    /**
     * Types whose values have the same text in every session: bool, "char", name, int8, int2, int4, text, oid, json, bpchar,
     * varchar, bit, varbit, numeric, uuid, jsonb, and text that nobody gave a type. Dates, floating point numbers and bytea have not.
     */
    private static final Set<Long> PLAIN_TYPES =
            Set.of(16L, 18L, 19L, 20L, 21L, 23L, 25L, 26L, 114L, 705L, 1042L, 1043L, 1560L, 1562L, 1700L, 2950L, 3802L);

    private final Set<Long> functions = new HashSet<>();
    private final Set<Long> onOtherTypes = new HashSet<>();
    private final Set<Long> relations = new HashSet<>();
    private final Set<Long> plainViews = new HashSet<>();
    private boolean harmless = true;

    void add(Object tree) {
        Node.walk(tree, this::look);
    }

    /** Whether nothing in them depends on more than rows, apart from what the functions do. */
    boolean areHarmless() {
        return harmless;
    }

    /** The functions that they call. */
    Set<Long> functions() {
        return functions;
    }

    /** Those of them that are called with a value that is not text, a number, or another plain one. */
    Set<Long> functionsOnOtherTypes() {
        return onOtherTypes;
    }

    /** The tables and views that they read. */
    Set<Long> relations() {
        return relations;
    }

    /** Those of them that are plain views. */
    Set<Long> plainViews() {
        return plainViews;
    }

    private void look(Node node) {
        harmless &= HARMLESS.contains(node.tag()) && !isHarmful(node);
        List<Long> called = FUNCTION_FIELDS.stream()
                .map(node::number)
                .filter(oid -> oid != 0)
                .toList();
        functions.addAll(called);
        harmless &= !called.isEmpty() || !CALLS.contains(node.tag());
        if (!node.list("args").stream().allMatch(Trees::isPlain)) {
            onOtherTypes.addAll(called);
        }
        if (isTable(node) && node.number("rtekind") == RELATION) {
            relations.add(node.number("relid"));
            if (Objects.equals(node.text("relkind"), "v")) {
                plainViews.add(node.number("relid"));
            }
        }
    }

    private static boolean isHarmful(Node node) {
        return switch (node.tag()) {
            case "QUERY" -> node.number("commandType") != SELECT;
            case "RTE", "RANGETBLENTRY" -> node.number("rtekind") == TABLE_FUNCTION || node.node("tablesample") != null;
            // A place or a transaction, which are not part of a row.
            case "VAR" -> node.number("varattno") < 0;
            case "COERCEVIAIO" -> !isPlain(node.node("arg")) || !PLAIN_TYPES.contains(node.number("resulttype"));
            default -> false;
        };
    }

    private static boolean isTable(Node node) {
        return node.is("RTE") || node.is("RANGETBLENTRY");
    }

    private static boolean isPlain(@Nullable Object value) {
        return value instanceof Node node
                && TYPE_FIELDS.stream().anyMatch(field -> PLAIN_TYPES.contains(node.number(field)));
    }
}
