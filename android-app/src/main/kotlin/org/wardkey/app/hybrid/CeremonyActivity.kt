package org.wardkey.app.hybrid

import android.Manifest
import android.os.Bundle
import android.view.View
import android.view.WindowManager
import kotlinx.coroutines.launch
import org.wardkey.app.R
import org.wardkey.app.screens.PermittedActivity
import org.wardkey.app.screens.ResultActivity
import org.wardkey.app.screens.on
import org.wardkey.app.screens.put
import org.wardkey.app.words.words
import org.wardkey.core.DomError
import org.wardkey.core.Failure
import org.wardkey.core.Reason
import org.wardkey.core.Step
import org.wardkey.core.Use

/**
 * One ceremony with the computer whose code is this activity's address, from the scanner or from a `FIDO:`
 * link anywhere on the phone. Whatever the address says, the core reads it, and the person is asked before
 * anything is signed. [ResultActivity] tells what became of it.
 *
 * No service keeps it in the foreground: a ceremony needs its person at this screen, which stays on while it
 * lasts. Who leaves the screen for good ends the ceremony. One that Android ends with the process is not
 * begun again with its old code: its person is told.
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
    private var untold: Outcome? = null
    private var isAway = false

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        val reached = savedInstanceState?.getString(STEP)
        if (reached == null) beginIfPermitted() else tell(Outcome.Failed(died(reached)))
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
    }

    protected open fun ceremonyFor(code: String): Ceremony = PhoneCeremony(this, code)

    override fun begin() {
        window.addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        val ceremony = ceremonyFor(code)
        val screen = show(R.layout.ceremony)
        screen.tell(Step.CODE)
        screen.on(R.id.ceremony_cancel) { ceremony.callOff() }
        scope.launch {
            val telling = launch {
                ceremony.progress.collect { steps -> steps.lastOrNull()?.let { screen.tell(it.step) } }
            }
            val outcome = ceremony.run()
            telling.cancel()
            if (isAway) untold = outcome else tell(outcome)
        }
    }

    private fun View.tell(step: Step) {
        this@CeremonyActivity.step = step
        put(R.id.ceremony_step, getString(step.words))
    }

    private fun tell(outcome: Outcome) {
        val told = when (outcome) {
            is Outcome.Done -> {
                val purpose = if (outcome.registered) Use.REGISTER else Use.SIGN_IN
                ResultActivity.success(this, purpose, outcome.witness)
            }
            is Outcome.Failed -> ResultActivity.failure(this, outcome.failure, canScanAgain = true)
        }
        startActivity(told)
        finish()
    }

    private fun died(reached: String) = Failure(
        step = Step.entries.find { it.name == reached } ?: Step.CODE,
        reason = Reason.CONNECTION_CUT,
        detail = "Android ended the app before the ceremony was over",
        domError = DomError.NOT_ALLOWED,
    )

    private companion object {
        const val STEP = "step"
    }
}
