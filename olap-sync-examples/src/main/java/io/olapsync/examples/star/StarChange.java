package io.olapsync.examples.star;

import java.math.BigDecimal;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What one committed business change did to the tables.
 *
 * @param kind the event type of the requirements where there is one ({@code case_created}), else a name of that form
 * @param ids of the rows written or removed in the first table of {@code rows}, ascending
 * @param rows how many rows were written or removed, by table
 * @param amount the won added, paid, moved or removed; zero where no amount is involved
 */
public record StarChange(String kind, List<Long> ids, Map<String, Integer> rows, BigDecimal amount) {

    public StarChange {
        ids = ids.stream().sorted().toList();
        rows = Collections.unmodifiableMap(new LinkedHashMap<>(rows));
    }

    @Override
    public String toString() {
        return kind + " " + rows + (amount.signum() == 0 ? "" : ", " + amount.toPlainString() + " won");
    }
}
