package org.wardkey.app.hybrid

import android.Manifest
import android.content.Context
import android.content.Intent
import android.net.Uri
import android.os.Bundle
import android.view.View
import android.view.WindowManager
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import org.wardkey.app.R
import org.wardkey.app.enumNamed
import org.wardkey.app.screens.PermittedActivity
import org.wardkey.app.screens.ResultActivity
import org.wardkey.app.screens.on
import org.wardkey.app.screens.put
import org.wardkey.app.words.words
import org.wardkey.core.DomError
import org.wardkey.core.Failure
import org.wardkey.core.HybridOutcome
import org.wardkey.core.Reason
import org.wardkey.core.Step
import org.wardkey.core.Use
import java.util.UUID

/**
 * One ceremony with the computer whose code is this activity's address, from the scanner or from a `FIDO:`
 * link anywhere on the phone. Whatever the address says, the core reads it, and the person is asked before
 * anything is signed. [ResultActivity] tells what became of it.
 *
 * The screen stays on while it lasts, and [CeremonyService] keeps the app in the foreground, so that its
 * person may look away for a moment. Who leaves the screen for good ends the ceremony. One that Android ends
 * with the process is not begun again with its old code: its person is told, and what was done before is told
 * as done.
 */
internal open class CeremonyActivity : PermittedActivity(
    Manifest.permission.BLUETOOTH_ADVERTISE,
    R.string.ceremony_permission,
    R.string.ceremony_permission_reason,
) {
    private val code: String get() = intent.dataString.orEmpty()

    /** Where the ceremony stands, once there is one. */
    private var step: Step? = null

    /** To be told when the person is back: Android opens no screen for an app that is not in front. */
    private var untold: HybridOutcome? = null
    private var isAway = false

    /** Finds the outcome that another process kept for this screen. */
    private var name = UUID.randomUUID().toString()
    private val kept by lazy { UntoldOutcome.of(this) }

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        // It was to bring a ceremony to the front that is over by now, or beneath this.
        if (intent.getBooleanExtra(WAY_BACK, false)) return finish()
        if (savedInstanceState == null && isGuest()) {
            startActivity(opening(this, code))
            return finish()
        }
        val reached = savedInstanceState?.getString(STEP) ?: return beginIfPermitted()
        step = enumNamed<Step>(reached) ?: Step.CODE
        name = savedInstanceState.getString(NAME, name)
        scope.launch {
            val ended = withContext(Dispatchers.IO) { kept.of(name) }
            tellOnceBack(ended ?: HybridOutcome.Failed(died()))
        }
    }

    override fun onStart() {
        super.onStart()
        isAway = false
        untold?.let(::tell)
    }

    override fun onStop() {
        isAway = true
        super.onStop()
    }

    override fun onSaveInstanceState(outState: Bundle) {
        super.onSaveInstanceState(outState)
        step?.let { outState.putString(STEP, it.name) }
        outState.putString(NAME, name)
    }

    /** In the task of the app that opened the link, where [wayBack] does not find it. */
    private fun isGuest() = !isTaskRoot && intent.flags and Intent.FLAG_ACTIVITY_NEW_TASK == 0

    protected open fun ceremonyFor(code: String): Ceremony = PhoneCeremony(this, code)

    override fun begin() {
        // An activity made anew behind the question for Bluetooth begins at once if the answer was yes, and
        // then Android brings it the answer.
        if (step != null) return
        window.addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        val ceremony = ceremonyFor(code)
        val screen = show(R.layout.ceremony)
        screen.tell(Step.CODE)
        screen.on(R.id.ceremony_cancel) { ceremony.callOff() }
        scope.launch {
            val telling = launch {
                ceremony.progress.collect { steps -> steps.lastOrNull()?.let { screen.tell(it.step) } }
            }
            val outcome = CeremonyService.inForeground(this@CeremonyActivity) {
                ceremony.run().also { if (isAway) withContext(Dispatchers.IO) { kept.keep(name, it) } }
            }
            telling.cancel()
            tellOnceBack(outcome)
        }
    }

    private fun View.tell(step: Step) {
        this@CeremonyActivity.step = step
        put(R.id.ceremony_step, getString(step.words))
    }

    private fun tellOnceBack(outcome: HybridOutcome) {
        if (isAway) untold = outcome else tell(outcome)
    }

    private fun tell(outcome: HybridOutcome) {
        untold = null
        val told = when (outcome) {
            is HybridOutcome.Registered -> ResultActivity.success(this, Use.REGISTER, outcome.witness)
            is HybridOutcome.SignedIn -> ResultActivity.success(this, Use.SIGN_IN)
            is HybridOutcome.Failed -> ResultActivity.failure(this, outcome.failure, canScanAgain = true)
        }
        startActivity(told)
        scope.launch {
            withContext(Dispatchers.IO) { kept.forget() }
            finish()
        }
    }

    private fun died() = Failure(
        step = step ?: Step.CODE,
        reason = Reason.CONNECTION_CUT,
        detail = "Android ended the app before the ceremony was over",
        domError = DomError.NOT_ALLOWED,
    )

    companion object {
        private const val STEP = "step"
        private const val NAME = "name"
        private const val WAY_BACK = "org.wardkey.app.WAY_BACK"

        /** Begins a ceremony with the computer that shows [code], in a task of this app. */
        fun opening(context: Context, code: String): Intent =
            Intent(Intent.ACTION_VIEW, Uri.parse(code), context, CeremonyActivity::class.java)
                .addFlags(Intent.FLAG_ACTIVITY_NEW_TASK)
                // Else Android would bring back a task that once began with the same code, and open nothing.
                .setIdentifier(UUID.randomUUID().toString())

        /** Brings the ceremony that is under way to the front, and begins none. */
        fun wayBack(context: Context): Intent = Intent(context, CeremonyActivity::class.java)
            .addFlags(Intent.FLAG_ACTIVITY_NEW_TASK)
            .addFlags(Intent.FLAG_ACTIVITY_SINGLE_TOP)
            .addFlags(Intent.FLAG_ACTIVITY_REORDER_TO_FRONT)
            .putExtra(WAY_BACK, true)
    }
}
