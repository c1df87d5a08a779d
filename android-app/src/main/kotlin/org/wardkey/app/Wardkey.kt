package org.wardkey.app

import android.content.Context
import android.util.Log
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import org.wardkey.app.managed.ManagedConfiguration
import org.wardkey.app.storage.SnapshotFile
import org.wardkey.core.AssetLinkFetcher
import org.wardkey.core.ConfigurationReport
import org.wardkey.core.NativeLog
import org.wardkey.core.PasskeyException
import org.wardkey.core.PasskeyProvider
import java.io.File

/**
 * The Rust core with all it stands on. One for the whole process: two would not know of each other's
 * ceremonies.
 *
 * @property provider the core; what it is asked for may take a moment, so not on the main thread
 */
internal class Wardkey private constructor(
    val provider: PasskeyProvider,
    private val managed: ManagedConfiguration,
) {
    private val inForce = MutableStateFlow(provider.configure(managed.entries()))

    /** What the organization prescribes, and what of it could not be understood. */
    val configuration: StateFlow<ConfigurationReport> = inForce.asStateFlow()

    /**
     * Puts in force what the organization prescribes by now: before each request, because Android's word that
     * it changed may come later than the request. A ceremony under way goes on as it began.
     */
    @Synchronized
    fun reconfigure() {
        inForce.value = provider.configure(managed.entries())
    }

    internal companion object {
        private const val TAG = "Wardkey"
        private const val LOG_INFO = 3
        private const val LOG_DEBUG = 4

        /**
         * Loads the core (0.2 s, so not on the main thread) and puts the managed configuration in force
         * before anybody can ask it for something. Throws [PasskeyException] if [privilegedApps] cannot be
         * read.
         */
        fun open(context: Context, privilegedApps: String, links: AssetLinkFetcher): Wardkey {
            // Of the storage that opens with the first unlock, and in no backup: the keys cannot be in one.
            val storage = SnapshotFile(File(context.noBackupFilesDir, "passkeys"))
            val emulator = BuildVariant.of(context) == BuildVariant.DEBUG
            NativeLog.start(if (emulator) LOG_DEBUG else LOG_INFO)
            val provider = try {
                PasskeyProvider(storage, links, privilegedApps, emulator)
            } catch (failure: PasskeyException) {
                if (!emulator) throw failure
                // A debug app around the core of a release: then by the release's rules.
                Log.w(TAG, "no emulator policy in this core", failure)
                PasskeyProvider(storage, links, privilegedApps, false)
            }
            return Wardkey(provider, ManagedConfiguration(context))
        }
    }
}
