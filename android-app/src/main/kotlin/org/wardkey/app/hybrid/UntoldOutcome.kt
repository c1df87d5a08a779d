package org.wardkey.app.hybrid

import android.content.Context
import android.util.AtomicFile
import org.json.JSONException
import org.json.JSONObject
import org.wardkey.app.enumNamed
import org.wardkey.core.DomError
import org.wardkey.core.Failure
import org.wardkey.core.Fix
import org.wardkey.core.HybridOutcome
import org.wardkey.core.Reason
import org.wardkey.core.Step
import java.io.File
import java.io.FileNotFoundException
import java.io.IOException

/**
 * What became of a ceremony whose person is elsewhere. Android took down the state of its screen before the
 * end, and may end the process before they are back: without this, a finished registration would then be told
 * as a cut connection, and its code not at all.
 *
 * Holds one, the last. What cannot be written is not kept, and what cannot be read counts as none: then it is
 * told as if the process had died in the middle. On the disk, so not on the main thread.
 */
internal class UntoldOutcome(private val path: File) {
    private val file get() = AtomicFile(path)

    /** Keeps [outcome] for the screen of [ceremony]. Returns whether it was kept. */
    fun keep(ceremony: String, outcome: HybridOutcome): Boolean = synchronized(LOCK) {
        try {
            val output = file.startWrite()
            output.write(outcome.toJson().put(CEREMONY, ceremony).toString().toByteArray())
            file.finishWrite(output)
            true
        } catch (_: IOException) {
            false
        }
    }

    /** What became of [ceremony], if that is what is kept. */
    fun of(ceremony: String): HybridOutcome? = synchronized(LOCK) {
        try {
            val kept = JSONObject(file.readFully().decodeToString())
            if (kept.getString(CEREMONY) == ceremony) kept.toOutcome() else null
        } catch (_: FileNotFoundException) {
            null
        } catch (_: IOException) {
            null
        } catch (_: JSONException) {
            null
        }
    }

    /** It was told. */
    fun forget() = synchronized(LOCK) { file.delete() }

    private fun HybridOutcome.toJson() = when (this) {
        is HybridOutcome.Registered -> JSONObject().put(REGISTERED, true).put(WITNESS, witness)
        is HybridOutcome.SignedIn -> JSONObject().put(REGISTERED, false)
        is HybridOutcome.Failed -> JSONObject().put(STEP, failure.step.name)
            .put(REASON, failure.reason.name)
            .put(DETAIL, failure.detail)
            .put(DOM_ERROR, failure.domError.name)
            .put(FIX, failure.fix?.name)
    }

    private fun JSONObject.toOutcome(): HybridOutcome? {
        if (has(REGISTERED)) {
            val registered = getBoolean(REGISTERED)
            val witness = optString(WITNESS).ifEmpty { null }
            return if (registered) HybridOutcome.Registered(witness) else HybridOutcome.SignedIn
        }
        return HybridOutcome.Failed(
            Failure(
                step = enumNamed<Step>(getString(STEP)) ?: return null,
                reason = enumNamed<Reason>(getString(REASON)) ?: return null,
                detail = getString(DETAIL),
                domError = enumNamed<DomError>(getString(DOM_ERROR)) ?: return null,
                fix = enumNamed<Fix>(optString(FIX)),
            ),
        )
    }

    companion object {
        private const val CEREMONY = "ceremony"
        private const val REGISTERED = "registered"
        private const val WITNESS = "witness"
        private const val STEP = "step"
        private const val REASON = "reason"
        private const val DETAIL = "detail"
        private const val DOM_ERROR = "domError"
        private const val FIX = "fix"

        /** One lock for all of a process: each screen has an object of its own. */
        private val LOCK = Any()

        fun of(context: Context) = UntoldOutcome(File(context.noBackupFilesDir, "untold"))
    }
}
