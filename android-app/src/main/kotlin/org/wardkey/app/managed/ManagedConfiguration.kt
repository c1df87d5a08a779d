package org.wardkey.app.managed

import android.content.Context
import android.content.RestrictionsManager
import android.os.Bundle
import org.wardkey.core.ManagedEntry
import org.wardkey.core.ManagedValue
import org.wardkey.core.wellFormed

/**
 * What the organization prescribes to this phone, as Android delivers it: untyped, set by hand in somebody's
 * console. Read here, understood by the core; `res/xml/app_restrictions.xml` describes the keys to consoles.
 */
internal class ManagedConfiguration(private val context: Context) {
    /** Everything set; nothing when nobody manages this phone. */
    fun entries(): List<ManagedEntry> =
        entriesOf(context.getSystemService(RestrictionsManager::class.java).applicationRestrictions)

    internal companion object {
        /**
         * The entries of [restrictions], each with the type it came in: the core tells a wrong type from a
         * missing value, and forbids what it might have forbidden. With Android's own mark that settings are on
         * their way, until which the core allows nothing.
         */
        fun entriesOf(restrictions: Bundle?): List<ManagedEntry> = restrictions?.keySet().orEmpty()
            .sorted()
            .map { key -> ManagedEntry(key.wellFormed(), valueOf(restrictions, key)) }

        private fun valueOf(restrictions: Bundle?, key: String): ManagedValue {
            // By design of any type: the typed getters would turn a wrong one into a default.
            @Suppress("DEPRECATION")
            return when (val value = restrictions?.get(key)) {
                is Boolean -> ManagedValue.Flag(value)
                is String -> ManagedValue.Text(value.wellFormed())
                is Array<*> -> textsOf(value)
                else -> ManagedValue.Other
            }
        }

        private fun textsOf(values: Array<*>): ManagedValue {
            val texts = values.filterIsInstance<String>().map { it.wellFormed() }
            return if (texts.size == values.size) ManagedValue.Texts(texts) else ManagedValue.Other
        }
    }
}
